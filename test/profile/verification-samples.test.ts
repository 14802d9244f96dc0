import { spawnSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { defineProfile, PROFILES, sharedSecret, signRequest, type Profile } from '../../src/profile/profile.ts'
import { createSecret } from '../../src/profile/profile.ts'
import { verificationSamples, type VerificationSample } from '../../src/profile/verification-samples.ts'

const GITHUB = defineProfile('github', {
  header: 'X-Hub-Signature-256',
  content: '{body}',
  hash: 'sha256',
  encoding: 'hex',
  prefix: 'sha256=',
  key_encoding: 'utf8',
})
const STRIPE = defineProfile('stripe', {
  header: 'Stripe-Signature',
  content: '{timestamp}.{body}',
  hash: 'sha256',
  encoding: 'hex',
  prefix: 't={timestamp},v1=',
  separator: ',',
  key_encoding: 'utf8',
})
const OWN = defineProfile('own', {
  header: 'X-Own',
  content: '{type}:{body}:{id}',
  hash: 'sha512',
  encoding: 'base64',
  key_encoding: 'hex',
  headers: { 'X-Type': '{type}', 'X-Id': '{id}' },
})
const { svix, standard, bridge, crossriver, receeve, raw } = PROFILES
const ALL = [svix!, standard!, bridge!, crossriver!, receeve!, GITHUB, STRIPE, OWN]

interface Given {
  readonly profile: string
  readonly text: string
  readonly body: string
  readonly headers: Readonly<Record<string, string>>
  readonly secret: string
  readonly other: string
}

async function givenFor(profile: Profile, language: VerificationSample['language']): Promise<Given> {
  const [secret, other] = [await createSecret(profile), await createSecret(profile)]
  const payload = Buffer.from('{"resources":["a/1"],"amount":1.50}')
  const message = { id: 'msg_1', eventType: 'invoice.paid', payload, acceptedAt: Date.now() }
  const { headers, body } = signRequest(profile, { message, sentAt: Date.now(), secrets: [secret], owner: 'acme' })
  const entries = headers.flatMap((name, at) => (at % 2 === 0 ? [[name.toLowerCase(), headers[at + 1]!]] : []))
  return {
    profile: profile.name,
    text: verificationSamples(profile).find((sample) => sample.language === language)!.text,
    body: Buffer.from(body).toString('utf8'),
    headers: Object.fromEntries(entries) as Record<string, string>,
    secret: sharedSecret(profile, secret),
    other: sharedSecret(profile, other),
  }
}

/** Runs a receiver with the right secret and with another one: what it gives, and whether it throws. */
const HARNESS = {
  JavaScript: (given: string) => [
    process.execPath,
    '--input-type=module',
    '-e',
    `const said = []
    for (const { text, body, headers, secret, other } of ${given}) {
      const { receive } = await import('data:text/javascript,' + encodeURIComponent(text))
      let threw = false
      try { receive(Buffer.from(body), headers, other) } catch { threw = true }
      said.push([receive(Buffer.from(body), headers, secret) !== undefined, threw])
    }
    console.log(JSON.stringify(said))`,
  ],
  Python: (given: string) => [
    'python3',
    '-c',
    `import json, sys
said = []
for one in json.loads(sys.argv[1]):
    room = {}
    exec(one["text"], room)
    threw = False
    try: room["receive"](one["body"].encode(), one["headers"], one["other"])
    except Exception: threw = True
    said.append([room["receive"](one["body"].encode(), one["headers"], one["secret"]) is not None, threw])
print(json.dumps(said))`,
    given,
  ],
  PHP: (given: string) => [
    'php',
    '-r',
    `$said = [];
foreach (json_decode($argv[1], true) as $at => $one) {
  eval(str_replace('function receive(', "function receive$at(", $one['text']));
  $receive = "receive$at";
  $threw = false;
  try { $receive($one['body'], $one['headers'], $one['other']); } catch (Throwable) { $threw = true; }
  $said[] = [$receive($one['body'], $one['headers'], $one['secret']) !== null, $threw];
}
echo json_encode($said);`,
    '--',
    given,
  ],
} as const

const works = (command: string, ...args: string[]): boolean => spawnSync(command, args).status === 0
const HAS_PHP = works('php', '-v')
const HAS_RSA = works('python3', '-c', 'import cryptography')

describe('a sample', () => {
  it.each(['JavaScript', 'Python', 'PHP'] as const)(
    'takes what a profile has signed, and nothing that another secret has: %s',
    async (language) => {
      if (language === 'PHP' && !HAS_PHP) return
      const shown = ALL.filter(({ proof }) => language !== 'Python' || proof.kind !== 'rsa' || HAS_RSA)
      const given = await Promise.all(shown.map((profile) => givenFor(profile, language)))
      const [command = '', ...args] = HARNESS[language](JSON.stringify(given))
      const { stdout, stderr } = spawnSync(command, args, { encoding: 'utf8' })
      expect(stderr).toBe('')
      const said = JSON.parse(stdout) as [boolean, boolean][]
      expect(said.map((one, at) => [given[at]!.profile, ...one])).toEqual(shown.map(({ name }) => [name, true, true]))
    },
  )

  it('is for nobody whose messages have no proof, or one that cannot be checked', () => {
    expect(verificationSamples(raw!)).toEqual([])
    const { proof } = OWN
    if (proof.kind !== 'hmac') throw new Error('expected an HMAC')
    expect(verificationSamples({ ...OWN, proof: { ...proof, headers: {} } })).toEqual([])
  })
})
