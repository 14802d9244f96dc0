import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const BIN = fileURLToPath(new URL('../../bin/hookcast.js', import.meta.url))
const TOKEN = 'load-0123456789-0123456789-0123456789'

/** `hookcast serve` with three campaigns: one for triggers, one on a schedule, one that is started by hand. */
export class Service implements AsyncDisposable {
  readonly url: string
  readonly #child: ChildProcess

  private constructor(child: ChildProcess, url: string) {
    this.#child = child
    this.url = url
  }

  static async start(folder: string, receiverPort: number): Promise<Service> {
    const receiver = `http://127.0.0.1:${receiverPort}`
    writeCampaign(folder, 'welcome', ['trigger: { event: user.registered }', ...webhookTo(receiver, 'welcome')])
    writeCampaign(folder, 'digest', [
      'trigger: { schedule: "* * * * *", on_unchanged: send }',
      'audience: people.csv',
      ...webhookTo(receiver, 'digest'),
    ])
    writeFileSync(join(folder, 'campaigns/digest/people.csv'), peopleOf(500))
    writeCampaign(folder, 'spring', webhookTo(receiver, 'spring'))
    const config = join(folder, 'hookcast.yaml')
    const events = `network: { events: { allow: [127.0.0.1], http: true, ports: [${receiverPort}] } }`
    writeFileSync(config, `server: { listen: { admin: "127.0.0.1:0" } }\n${events}\n`)
    const folders = ['--data', join(folder, 'data'), '--campaigns', join(folder, 'campaigns')]
    const env = { PATH: process.env['PATH'], HOOKCAST_ADMIN_TOKEN: TOKEN }
    const child = spawn(process.execPath, [BIN, 'serve', '--config', config, ...folders], {
      env,
      cwd: folder,
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    let said = ''
    for await (const text of child.stderr) if ((said += String(text)).includes('listening on')) break
    const [, url] = /listening on (\S+)/.exec(said) ?? []
    if (url !== undefined) return new Service(child, url)
    child.kill('SIGKILL')
    throw new Error(`The service did not start: ${said}`)
  }

  get pid(): number {
    return this.#child.pid!
  }

  get hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null
  }

  /** Calls the API as its administrator. @throws when it is refused. */
  async call(
    method: string,
    path: string,
    body: { readonly text: string; readonly type: string } | null = null,
  ): Promise<string> {
    const headers = { Authorization: `Bearer ${TOKEN}`, ...(body === null ? {} : { 'Content-Type': body.type }) }
    const answer = await fetch(`${this.url}${path}`, { method, headers, body: body?.text ?? null })
    const text = await answer.text()
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text.slice(0, 500)}`)
    return text
  }

  /** Signs in as a browser does; gives what reads a page. */
  async signIn(): Promise<(path: string) => Promise<string>> {
    const answer = await fetch(`${this.url}/sign-in`, {
      method: 'POST',
      redirect: 'manual',
      headers: { Origin: this.url },
      body: new URLSearchParams({ token: TOKEN, to: '/runs' }),
    })
    const cookie = (answer.headers.get('set-cookie') ?? '').split(';')[0]!
    return async (path) => {
      const page = await fetch(`${this.url}${path}`, { headers: { Cookie: cookie } })
      if (!page.ok) throw new Error(`GET ${path}: ${page.status}`)
      return await page.text()
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.hasEnded) return
    const ended = once(this.#child, 'close')
    this.#child.kill('SIGKILL')
    await ended
  }
}

export function peopleOf(count: number): string {
  const rows = Array.from({ length: count }, (_, n) => `c-${n},Person ${n},person-${n}@example.com`)
  return `customer_id,name,email\n${rows.join('\n')}\n`
}

function webhookTo(receiver: string, path: string): readonly string[] {
  return ['webhook:', `  url: "${receiver}/${path}"`, `  body: '{"hello": {{ customer.name | tojson }}}'`]
}

function writeCampaign(folder: string, name: string, lines: readonly string[]): void {
  mkdirSync(join(folder, 'campaigns', name), { recursive: true })
  writeFileSync(join(folder, 'campaigns', name, 'campaign.yaml'), `${[`name: ${name}`, ...lines].join('\n')}\n`)
}
