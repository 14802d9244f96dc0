import { cpSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { customerAt, type Customer } from './audience.ts'

/** Basic Auth of the benchmark: both sides send it, the receiver does not look. */
export const CREDENTIALS = { username: 'acme', password: 'correct horse battery staple' } as const

/** The request's body: with placeholders it is the campaign's template, with values it is what the bare loop sends. */
function bodyWith(customer: Readonly<Record<keyof Customer, string | number | boolean>>): string {
  return `{
  "to": "${customer.phone}",
  "channel": "sms",
  "sender": "ACME",
  "message": "Hello ${customer.first_name}, welcome to Acme ${customer.shop}! You have ${customer.points} points; show this message at the counter and we add another ten. Bring a friend and it is another twenty; on Sundays we are closed. See you soon, your friends from Acme.",
  "customer": {
    "id": "${customer.customer_id}",
    "first_name": "${customer.first_name}",
    "last_name": "${customer.last_name}",
    "language": "${customer.language}",
    "vip": ${customer.vip}
  }
}
`
}

const PLACEHOLDERS = {
  customer_id: '{{ customer.customer_id }}',
  first_name: '{{ customer.first_name }}',
  last_name: '{{ customer.last_name }}',
  phone: '{{ customer.phone }}',
  language: '{{ customer.language }}',
  points: '{{ customer.points }}',
  vip: '{{ customer.vip | tojson }}',
  shop: '{{ customer.shop }}',
}

/** A body of the benchmark's usual length, about 450 bytes, for a caller that renders nothing. */
export const CONSTANT_BODY = bodyWith(customerAt(0))

/** What a campaign of the benchmark is like; each is an audience, a receiver, and a way to ask it. */
export interface CampaignKind {
  readonly audience: string
  readonly origin: string
  readonly concurrency: number
  /** Nothing is rendered: everybody gets the same. */
  readonly isConstant?: boolean
  /** Customers in a request. */
  readonly batch?: number
  readonly caFile?: string | undefined
  /** A status that stands for trying again, and does not otherwise. */
  readonly retried?: number | undefined
}

/** Writes a campaign whose audience is a file beside it, and gives its name. */
export function writeCampaign(folder: string, name: string, kind: CampaignKind): string {
  const { audience, origin, concurrency, isConstant = false, batch, caFile, retried } = kind
  const body = isConstant ? 'constant.json' : 'body.json.j2'
  writeFileSync(join(folder, body), isConstant ? CONSTANT_BODY : bodyWith(PLACEHOLDERS))
  const inside = batch === undefined ? [`  body: { file: ${body} }`] : batchLines(folder, batch, body)
  if (caFile !== undefined) cpSync(caFile, join(folder, 'ca.pem'))
  const lines = [
    'name: bench',
    `audience: ${audience}`,
    'webhook:',
    `  url: "${origin}/v1/messages"`,
    ...inside,
    `  auth: { type: basic, username: ${CREDENTIALS.username}, password: "\${BENCH_PASSWORD}" }`,
    `  concurrency: ${concurrency}`,
    ...(caFile === undefined ? [] : ['  tls: { ca: ca.pem }']),
    ...(retried === undefined ? [] : [`  answers: { ${retried}: retry }`]),
    '',
  ]
  writeFileSync(join(folder, name), lines.join('\n'))
  return name
}

function batchLines(folder: string, size: number, customer: string): string[] {
  writeFileSync(join(folder, 'root.json.j2'), '{"messages": [{{ customers | join(",") }}]}')
  return [`  batch: { size: ${size}, root: { file: root.json.j2 }, customer: { file: ${customer} } }`]
}
