import { createReceiver, type Received, type Receiver, type Reply } from '../support/receiver.ts'
import { createServiceFolder, type RunningService, type ServiceFolder } from '../support/service.ts'

/** What the receiver answers can be changed while it stands: somebody has mended it. */
export interface Shop extends AsyncDisposable {
  readonly receiver: Receiver
  readonly folder: ServiceFolder
  readonly service: RunningService
  /** Status of everything under `/v1/login`. */
  loginStatus: number
  /** Status of everything under `/hooks/flaky`, where event webhooks go. */
  hookStatus: number
  /** How long it takes with each answer. */
  delayMs: number
  /** What each answer waits for before. */
  gate: Promise<void>
}

const WORDS = ['Ada', 'Grace', 'Edsger', 'Barbara', 'Alan', 'Radia', 'Donald', 'Frances', 'Ken', 'Lynn']

function customersCsv(count: number): string {
  const rows = Array.from({ length: count }, (_, at) => {
    const name = WORDS[at % WORDS.length]!
    return `c-${String(at + 1).padStart(5, '0')},${name},+4477009${String(at).padStart(5, '0')},${(at * 37) % 4000}`
  })
  return `customer_id,first_name,phone,points\n${rows.join('\n')}\n`
}

const MESSAGE = `{
  "to": "{{ customer.phone }}",
  "text": "Hello {{ customer.first_name | default('there') }}, you have {{ customer.points }} points at {{ params.shop }}.",
  "reference": "{{ customer.customer_id }}"
}
`

const campaign = (name: string, path: string, more: readonly string[] = []): string =>
  [
    `name: ${name}`,
    'audience: customers.csv',
    'columns: { points: int }',
    'params: { shop: Acme }',
    'webhook:',
    `  url: "http://127.0.0.1:$PORT${path}"`,
    '  body: { file: message.json.j2 }',
    '  headers:',
    '    - { name: X-Campaign, value: "{{ campaign.name }}" }',
    '    - { name: X-Api-Key, value: "${SHOP_KEY}", type: secret }',
    '  auth: { type: basic, username: acme, password: "${SHOP_PASSWORD}" }',
    '  event_properties: { channel: sms }',
    ...more.map((line) => `  ${line}`),
    '',
  ].join('\n')

/** A service with campaigns of a shop, and the receiver that they call. */
export async function openShop({
  customers = 40,
  files: added = {},
}: {
  readonly customers?: number
  /** Beside the campaigns of the shop; `$PORT` is that of the receiver. */
  readonly files?: Readonly<Record<string, string>>
} = {}): Promise<Shop> {
  const shop = { loginStatus: 401, hookStatus: 503, delayMs: 0, gate: Promise.resolve() }
  const answer = async (request: Received): Promise<Reply> => (await shop.gate, answerOf(request, shop))
  const receiver = await createReceiver({ answer })
  const port = String(receiver.port)
  const files: Record<string, string> = {
    'hookcast.yaml': `env: [SHOP_KEY, SHOP_PASSWORD]\nserver: { listen: { admin: "127.0.0.1:0" } }\nevents: { retry: [300ms] }\nnetwork: { events: { allow: [127.0.0.0/8], http: true, ports: [${port}] } }\n`,
  }
  const add = (name: string, text: string, rows = customers): void => {
    files[`campaigns/${name}/campaign.yaml`] = text.replaceAll('$PORT', port)
    files[`campaigns/${name}/message.json.j2`] = MESSAGE
    files[`campaigns/${name}/customers.csv`] = customersCsv(rows)
  }
  add('spring-points', campaign('spring-points', '/v1/messages', ['concurrency: 20', 'retry: { delays: [200ms] }']))
  add('win-back', campaign('win-back', '/v1/login', ['concurrency: 1']))
  add(
    'weekly-digest',
    `trigger: { schedule: "0 9 * * 1", timezone: Europe/Prague }\n${campaign('weekly-digest', '/v1/messages')}`,
  )
  add(
    'welcome',
    `trigger: { event: user.registered }\n${campaign('welcome', '/v1/login')}`.replace('audience: customers.csv\n', ''),
  )
  for (const [name, text] of Object.entries(added)) files[name] = text.replaceAll('$PORT', port)
  const folder = createServiceFolder(files)
  const service = await folder.start({ SHOP_KEY: 'key-that-nobody-sees', SHOP_PASSWORD: 'pass-that-nobody-sees' })
  return Object.assign(shop, {
    receiver,
    folder,
    service,
    async [Symbol.asyncDispose]() {
      await folder[Symbol.asyncDispose]()
      await receiver[Symbol.asyncDispose]()
    },
  })
}

/** Customer 7 is refused, 11 is never answered well, 13 only the second time. */
function answerOf(
  { path, body, attempt }: Received,
  { loginStatus, hookStatus, delayMs }: Pick<Shop, 'loginStatus' | 'hookStatus' | 'delayMs'>,
): Reply {
  if (path.startsWith('/hooks/flaky')) {
    return hookStatus === 200 ? { body: 'Got it' } : { status: hookStatus, body: 'The queue behind this is down' }
  }
  if (path.startsWith('/v1/login')) {
    if (loginStatus === 200) return { delayMs }
    return { status: loginStatus, body: { errors: [{ code: 'key_expired', description: 'The key has expired' }] } }
  }
  // What was sent comes back, as others say it.
  if (path.startsWith('/hooks/echo')) return { status: 500, body }
  if (path.startsWith('/v1/echo')) {
    const { text = '' } = JSON.parse(body) as { readonly text?: string }
    const said = { success: false, errors: [{ code: text.slice(0, 40), description: text }] }
    return attempt === 1 && text.length % 3 === 0 ? { status: 500, body: text } : { body: said }
  }
  const number = Number(/"reference": ?"c-(\d+)"/.exec(body)?.[1])
  if (number % 40 === 7) {
    return {
      delayMs,
      body: { success: false, errors: [{ code: 'opted_out', description: 'This number has opted out' }] },
    }
  }
  if (number % 40 === 11) return { delayMs, status: 503, body: 'Upstream is down' }
  if (number % 40 === 13 && attempt === 1) return { delayMs, status: 500, body: 'Try again' }
  return { delayMs }
}
