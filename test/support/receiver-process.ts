import { createHash } from 'node:crypto'
import { openSync, readFileSync, writeSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { createReceiver } from './receiver.ts'
import type { Received, Reply } from './receiver.ts'

/** When a rule's conditions all hold, its reply is given; the first such rule wins. */
export interface ReceiverRule {
  /** Each Nth request: 10 is the 10th, 20th… */
  readonly everyNth?: number
  /** 0-based numbers of requests. */
  readonly requests?: readonly number[]
  /** Only that `X-Hookcast-Attempt`. */
  readonly attempt?: number
  readonly customers?: readonly string[]
  /** About this share of the keys, always the same ones. */
  readonly share?: number
  readonly reply: Reply
}

export interface ReceiverConfig {
  /** File of NDJSON, appended to. */
  readonly journal: string
  /** Default: a free one. */
  readonly port?: number
  /** Default: 127.0.0.1. */
  readonly host?: string
  /** Top-level property of a JSON body that names the customer. Default: `customer_id`. */
  readonly customer?: string
  readonly rules?: readonly ReceiverRule[]
  /** Default: 200 `{"success":true}`. */
  readonly reply?: Reply
  /** Bodies too, not only their digests. */
  readonly keepsBodies?: boolean
  readonly tls?: { readonly key: string; readonly cert: string }
  /** Ends when its standard input does: whoever started it is gone then. */
  readonly endsWithStdin?: boolean
}

/** A line of the journal. */
export interface ProcessEntry {
  /** 0-based, counted by this process. */
  readonly n: number
  readonly at: number
  readonly method: string
  readonly path: string
  readonly key: string | null
  readonly attempt: number | null
  readonly customer: string | null
  /** SHA-256 of the body, base64url. */
  readonly digest: string
  readonly body?: string
}

function shareOf(key: string): number {
  return createHash('sha256').update(key).digest().readUInt32BE(0) / 2 ** 32
}

function isHit(rule: ReceiverRule, received: Received, n: number): boolean {
  if (rule.everyNth !== undefined && (n + 1) % rule.everyNth !== 0) return false
  if (rule.requests !== undefined && !rule.requests.includes(n)) return false
  if (rule.attempt !== undefined && rule.attempt !== received.attempt) return false
  if (rule.customers !== undefined && !rule.customers.includes(received.customer ?? '')) return false
  return rule.share === undefined || shareOf(received.key ?? '') < rule.share
}

function customerIn(body: string, property: string): string | null {
  try {
    const value: unknown = (JSON.parse(body) as Record<string, unknown>)[property]
    return typeof value === 'string' || typeof value === 'number' ? String(value) : null
  } catch {
    return null
  }
}

async function main(config: ReceiverConfig): Promise<void> {
  const journal = openSync(config.journal, 'a')
  const { customer = 'customer_id', rules = [], reply = {} } = config
  const receiver = await createReceiver({
    isForgetful: true,
    ...(config.port === undefined ? {} : { port: config.port }),
    ...(config.host === undefined ? {} : { host: config.host }),
    ...(config.tls === undefined ? {} : { tls: config.tls }),
    customerOf: ({ body }) => customerIn(body, customer),
    answer: (received, n) => {
      const { at, method, path, key, attempt, body } = received
      const digest = createHash('sha256').update(body).digest('base64url')
      const entry: ProcessEntry = { n, at, method, path, key, attempt, customer: received.customer, digest }
      // Before the answer leaves: what the sender was told must be in the journal.
      writeSync(journal, `${JSON.stringify(config.keepsBodies === true ? { ...entry, body } : entry)}\n`)
      return rules.find((rule) => isHit(rule, received, n))?.reply ?? reply
    },
  })
  if (config.endsWithStdin === true) process.stdin.resume().once('end', () => process.exit())
  process.stdout.write(`${JSON.stringify({ url: receiver.url, port: receiver.port })}\n`)
}

// `node test/support/receiver-process.ts '{"journal":"…"}'`, or the name of a file that holds it.
const [, script, argument = ''] = process.argv
if (script === fileURLToPath(import.meta.url)) {
  const text = argument.startsWith('{') ? argument : readFileSync(argument, 'utf8')
  await main(JSON.parse(text) as ReceiverConfig)
}
