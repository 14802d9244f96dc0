import { systemClock } from '../../src/clock.ts'
import { peopleOf, type Service } from './service.ts'

const APP = 'load'
const ENDPOINTS = 20
/** Of one kind. */
const MOST_AT_ONCE = 20
const AUDIENCE = peopleOf(2000)

interface Ingredient {
  readonly name: string
  readonly everyMs: number
  readonly act: (n: number) => Promise<unknown>
}

/** Everything that is asked of a service in an hour: each at its own pace, and counted. */
export class Mixture {
  readonly #service: Service
  readonly #receiverPort: number
  readonly #done = new Map<string, number>()
  readonly #stopped = new AbortController()
  #firstFailure: string | null = null
  failures = 0

  constructor(service: Service, receiverPort: number) {
    this.#service = service
    this.#receiverPort = receiverPort
  }

  async prepare(): Promise<void> {
    await this.#service.call('POST', '/v1/campaigns/spring/runs', { text: AUDIENCE, type: 'text/csv' })
    for (const campaign of ['welcome', 'digest']) await this.#post(`/v1/campaigns/${campaign}/activate`, {})
    await this.#post('/api/v1/app', { name: APP, uid: APP })
    for (let n = 0; n < ENDPOINTS; n++) {
      const url = `http://127.0.0.1:${this.#receiverPort}/events/${n}`
      await this.#post(`/api/v1/app/${APP}/endpoint`, { url, uid: `e-${n}`, channels: [`c${n}`] })
    }
  }

  /** Goes on until it is stopped. */
  async start(): Promise<void> {
    const page = await this.#service.signIn()
    const [call, latest] = [this.#service.call.bind(this.#service), (): Promise<string> => this.#latestRun()]
    const ingredients: readonly Ingredient[] = [
      { name: 'triggers', everyMs: 10, act: (n) => this.#trigger(n) },
      { name: 'messages', everyMs: 20, act: (n) => this.#message(n) },
      {
        name: 'runs of 2,000',
        everyMs: 30_000,
        act: () => call('POST', '/v1/campaigns/spring/runs', { text: AUDIENCE, type: 'text/csv' }),
      },
      { name: 'lists of runs', everyMs: 1000, act: () => call('GET', '/v1/runs?limit=50') },
      { name: 'results', everyMs: 10_000, act: async () => call('GET', `/v1/runs/${await latest()}/results`) },
      { name: 'lists of attempts', everyMs: 1000, act: () => call('GET', `/api/v1/app/${APP}/attempt/endpoint/e-1`) },
      // Not after 5 s, when the service closes a connection that is idle.
      { name: 'metrics', everyMs: 4000, act: () => call('GET', '/metrics') },
      { name: 'pages', everyMs: 500, act: () => page('/runs') },
      { name: 'pages of a run', everyMs: 2000, act: async () => page(`/runs/${await latest()}`) },
    ]
    await Promise.all(ingredients.map((ingredient) => this.#repeat(ingredient)))
  }

  stop(): void {
    this.#stopped.abort()
  }

  /** In words: how often each was done. */
  tell(): string {
    const counts = Array.from(this.#done, ([name, count]) => `${count.toLocaleString('en-US')} ${name}`)
    const failed = this.#firstFailure === null ? [] : [`${this.failures} refused, the first: ${this.#firstFailure}`]
    return [...counts, ...failed].join(', ')
  }

  async #repeat(ingredient: Ingredient): Promise<void> {
    const { signal } = this.#stopped
    const { everyMs } = ingredient
    const acting = new Set<Promise<void>>()
    for (let n = 0, dueAt = performance.now(); !signal.aborted; n++, dueAt += everyMs) {
      await systemClock.sleep(Math.max(0, dueAt - performance.now()), signal).catch(() => undefined)
      const acted = this.#act(ingredient, n).finally(() => acting.delete(acted))
      acting.add(acted)
      if (acting.size >= MOST_AT_ONCE) await Promise.race(acting)
      // What could not be kept up with is left out.
      dueAt = Math.max(dueAt, performance.now() - everyMs)
    }
    await Promise.all(acting)
  }

  async #act({ name, act }: Ingredient, n: number): Promise<void> {
    try {
      await act(n)
      this.#done.set(name, (this.#done.get(name) ?? 0) + 1)
    } catch (error) {
      this.failures++
      this.#firstFailure ??= (error as Error).message
    }
  }

  async #trigger(n: number): Promise<void> {
    const customer = { customer_id: `c-${n}`, name: `Person ${n}` }
    await this.#post('/v1/triggers', { id: `t-${n}`, type: 'user.registered', customer, event: { source: 'load' } })
  }

  async #message(n: number): Promise<void> {
    const payload = { type: 'load', data: { n, text: 'x'.repeat(500) } }
    await this.#post(`/api/v1/app/${APP}/msg`, { eventType: 'load', channels: [`c${n % ENDPOINTS}`], payload })
  }

  async #latestRun(): Promise<string> {
    const { runs } = JSON.parse(await this.#service.call('GET', '/v1/runs?limit=5')) as { runs: { run_id: string }[] }
    return runs.at(-1)!.run_id
  }

  async #post(path: string, body: object): Promise<void> {
    await this.#service.call('POST', path, { text: JSON.stringify(body), type: 'application/json' })
  }
}
