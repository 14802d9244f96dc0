import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { createSecret, PROFILES, signRequest } from '../../src/profile/profile.ts'
import { readText } from '../support/page.ts'

const [, section = ''] = readText('docs/event-webhooks.md').split('## For subscribers\n')

function sampleIn(language: string): string {
  return new RegExp(`\`\`\`${language}\\n([^]*?)\`\`\``).exec(section)![1]!
}

/** A message as it arrives now; `other`: with another byte in its body. */
async function delivery(other: boolean): Promise<{ body: string; headers: Record<string, string>; secret: string }> {
  const profile = PROFILES['svix']!
  const secret = await createSecret(profile)
  const payload = Buffer.from('{ "type": "user.created", "data": { "id": "ü" } }')
  const message = { id: 'msg_2KWPBgLlAfxdpx2AI54pPJ85f4W', eventType: 'user.created', payload, acceptedAt: Date.now() }
  const { headers } = signRequest(profile, { message, sentAt: Date.now(), secrets: [secret] })
  const pairs = headers.flatMap((name, at) => (at % 2 === 0 ? [[name, headers[at + 1]!] as const] : []))
  const text = payload.toString('utf8')
  return { body: other ? text.replace('ü', 'u') : text, headers: Object.fromEntries(pairs), secret }
}

const JAVASCRIPT = `
const { body, headers, secret } = JSON.parse(process.argv[1])
console.log(receive(body, headers, secret).type)`

const PYTHON = `
import sys
given = json.loads(sys.argv[1])
print(receive(given["body"].encode(), given["headers"], given["secret"])["type"])`

const PHP = `
['body' => $body, 'headers' => $headers, 'secret' => $secret] = json_decode($argv[1], true);
echo receive($body, $headers, $secret)['type'];`

const JAVA = `
class Main {
  public static void main(String[] given) throws Exception {
    Map<String, String> headers = new java.util.HashMap<>();
    for (int at = 2; at < given.length; at += 2) headers.put(given[at], given[at + 1]);
    String text = Receiver.receive(given[0].getBytes(StandardCharsets.UTF_8), headers, given[1]);
    System.out.println(text.contains("user.created") ? "user.created" : text);
  }
}`

type Delivery = Awaited<ReturnType<typeof delivery>>

/** Runs a sample on a delivery; what it prints, or null when it throws. */
const RUNS: Readonly<Record<string, (delivery: Delivery) => string | null>> = {
  js: (given) =>
    printed(process.execPath, ['--input-type=module', '-e', sampleIn('js') + JAVASCRIPT, JSON.stringify(given)]),
  python: (given) => printed('python3', ['-c', sampleIn('python') + PYTHON, JSON.stringify(given)]),
  php: (given) => printed('php', ['-r', sampleIn('php') + PHP, '--', JSON.stringify(given)]),
  java: ({ body, secret, headers }) => {
    const folder = mkdtempSync(join(tmpdir(), 'java-'))
    try {
      // The class with main comes first in a file that is run as it is.
      const [imports, receiver] = sampleIn('java').split('\nclass Receiver')
      writeFileSync(join(folder, 'Main.java'), `${imports}${JAVA}\nclass Receiver${receiver}`)
      return printed('java', [join(folder, 'Main.java'), body, secret, ...Object.entries(headers).flat()])
    } finally {
      rmSync(folder, { recursive: true })
    }
  },
}

function printed(command: string, args: readonly string[]): string | null {
  const { status, stdout } = spawnSync(command, args, { encoding: 'utf8', env: { ...process.env, PYTHONUTF8: '1' } })
  return status === 0 ? stdout.trim() : null
}

/** What every machine that runs these tests has; the others are tried where there are. */
const ALWAYS = new Set(['js', 'python'])
const PROBES = {
  js: ['node', '-v'],
  python: ['python3', '-V'],
  php: ['php', '-v'],
  java: ['javac', '-version'],
} as const

function isThere(language: keyof typeof PROBES): boolean {
  const [command, flag] = PROBES[language]
  try {
    execFileSync(command, [flag], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

describe('what subscribers are shown', () => {
  for (const language of Object.keys(PROBES) as (keyof typeof PROBES)[]) {
    it(`believes a message, and none with another byte: ${language}`, async ({ skip }) => {
      if (!ALWAYS.has(language) && !isThere(language)) skip(`${PROBES[language][0]} is not on this machine`)
      expect(RUNS[language]!(await delivery(false))).toBe('user.created')
      expect(RUNS[language]!(await delivery(true))).toBeNull()
    }, 30_000)
  }
})
