import { writeFileSync } from 'node:fs'
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

/** Writes a campaign whose audience is a file beside it. */
export function writeCampaign(
  folder: string,
  campaign: {
    readonly name: string
    readonly audience: string
    readonly origin: string
    readonly concurrency: number
  },
): void {
  writeFileSync(join(folder, 'body.json.j2'), bodyWith(PLACEHOLDERS))
  writeFileSync(
    join(folder, campaign.name),
    `name: bench
audience: ${campaign.audience}
webhook:
  url: "${campaign.origin}/v1/messages"
  body: { file: body.json.j2 }
  auth: { type: basic, username: ${CREDENTIALS.username}, password: "\${BENCH_PASSWORD}" }
  concurrency: ${campaign.concurrency}
`,
  )
}
