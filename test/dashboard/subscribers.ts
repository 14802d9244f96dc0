import { setTimeout as sleep } from 'node:timers/promises'
import type { Shop } from './shop.ts'

/** What event webhooks of the shop are made of. */
export interface Subscriber {
  /** Id of the app. */
  readonly app: string
  /** Path of its pages. */
  readonly at: string
  call<T>(method: string, path: string, body?: object): Promise<T>
  /** Registers an endpoint below `/hooks`, and gives its id. */
  endpoint(path: string, more?: object): Promise<string>
  publish(eventType: string, payload: object): Promise<string>
  /** Waits until an endpoint is in a state. */
  untilState(endpoint: string, state: string): Promise<void>
}

const MOST_LOOKS = 300

const SCHEMA = {
  title: 'An order was paid',
  type: 'object',
  required: ['order_id', 'amount'],
  properties: {
    order_id: { type: 'string', description: 'The number that the customer knows' },
    amount: { type: 'integer', description: 'In cents' },
    currency: { type: 'string', description: 'ISO 4217' },
  },
  examples: [{ order_id: 'A-1001', amount: 1990, currency: 'EUR' }],
}

/** Somebody who has subscribed to what happens in the shop. */
export async function openSubscriber(
  { service, receiver }: Pick<Shop, 'service' | 'receiver'>,
  name = 'Acme Bikes',
): Promise<Subscriber> {
  const call = async <T>(method: string, path: string, body?: object): Promise<T> => {
    const answer = await service.call(`/api/v1${path}`, {
      method,
      headers: { 'Content-Type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const text = await answer.text()
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`)
    return (text === '' ? null : JSON.parse(text)) as T
  }
  const uid = name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')
  const { id: app } = await call<{ id: string }>('POST', '/app?get_if_exists=true', { name, uid })
  const description = 'An order was paid in full'
  await call('PUT', '/event-type/order.paid', { description, groupName: 'orders', schemas: { '1': SCHEMA } })
  return {
    app,
    at: `/events/apps/${app}`,
    call,
    endpoint: async (path, more = {}) => {
      const url = `${receiver.url}/hooks/${path}`
      return (await call<{ id: string }>('POST', `/app/${app}/endpoint`, { url, ...more })).id
    },
    publish: async (eventType, payload) =>
      (await call<{ id: string }>('POST', `/app/${app}/msg`, { eventType, payload })).id,
    untilState: async (endpoint, state) => {
      const look = async (): Promise<string> =>
        (await call<{ state: string }>('GET', `/app/${app}/endpoint/${endpoint}`)).state
      for (let looks = 0; (await look()) !== state; looks++) {
        if (looks === MOST_LOOKS) throw new Error(`The endpoint did not become ${state}`)
        await sleep(100)
      }
    },
  }
}
