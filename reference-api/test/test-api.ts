import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { basicHeader } from '../src/auth.ts'
import { startServer } from '../src/server.ts'
import type { RunningServer } from '../src/server.ts'
import { readSettings } from '../src/settings.ts'
import type { Work } from '../src/store/store.ts'

export const USER = 'acme'
export const PASSWORD = 'correct horse, battery: staple'
export const GOOD = { customer_id: 'c-1', to: '+447700900123', text: 'Welcome!' }

export interface Reply {
  readonly status: number
  readonly headers: Headers
  readonly body: {
    readonly success: boolean
    readonly result?: Record<string, unknown>
    readonly results?: Record<string, unknown>[]
    readonly errors?: { readonly code: number; readonly description: string }[]
  }
}

/** A server on a free port, with its own outbox; settings as in the environment. */
export class Api {
  readonly #server: RunningServer
  readonly #folder: string

  private constructor(server: RunningServer, folder: string) {
    this.#server = server
    this.#folder = folder
  }

  static async start(environment: Readonly<Record<string, string>> = {}): Promise<Api> {
    const folder = mkdtempSync(join(tmpdir(), 'reference-api-'))
    const settings = readSettings({
      PORT: '0',
      API_USERS_FILE: usersFile(folder),
      LOG_LEVEL: 'off',
      PROVIDER_OUTBOX: join(folder, 'outbox.ndjson'),
      ...environment,
    })
    return new Api(await startServer(settings), folder)
  }

  get url(): string {
    return this.#server.url
  }

  get adminUrl(): string {
    return this.#server.adminUrl ?? ''
  }

  get authorization(): string {
    return basicHeader(USER, PASSWORD)
  }

  get server(): RunningServer {
    return this.#server
  }

  /** Sends JSON with the right credentials unless told otherwise; `null` takes a header away. */
  async send(path: string, body: unknown, options: SendOptions = {}): Promise<Reply> {
    const headers = new Headers({
      authorization: basicHeader(USER, PASSWORD),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    })
    for (const [name, value] of Object.entries(options.headers ?? {})) {
      if (value === null) headers.delete(name)
      else headers.set(name, value)
    }
    const response = await fetch(this.url + path, {
      method: options.method ?? 'POST',
      headers,
      body:
        body === undefined
          ? null
          : typeof body === 'string' || body instanceof Uint8Array
            ? body
            : JSON.stringify(body),
    })
    const text = await response.text()
    return { status: response.status, headers: response.headers, body: JSON.parse(text) as Reply['body'] }
  }

  /** What the provider was given, in order. Complete once the server has stopped. */
  outbox(): Work[] {
    const text = readFileSync(join(this.#folder, 'outbox.ndjson'), 'utf8')
    return text
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as Work)
  }

  async stop(): Promise<void> {
    await this.#server.stop()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
    rmSync(this.#folder, { recursive: true })
  }
}

export interface SendOptions {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string | null>>
}

function usersFile(folder: string): string {
  const path = join(folder, 'users')
  writeFileSync(path, `# user:password\n${USER}:${PASSWORD}\n`)
  return path
}
