import { mkdtempDisposableSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import type { Trigger } from '../../src/campaign/campaign.ts'
import { systemClock, type Clock } from '../../src/clock.ts'
import { ServiceStore } from '../../src/ledger/service-store.ts'
import { Activations } from '../../src/trigger/activations.ts'
import { Inbox } from '../../src/trigger/inbox.ts'
import { WaitingTriggers } from '../../src/trigger/waiting-triggers.ts'

const CAMPAIGNS = ['welcome', 'crm', 'board'] as const
const TYPES = ['a', 'b'] as const
type Campaign = (typeof CAMPAIGNS)[number]
type Type = (typeof TYPES)[number]

/** Writes at once: nobody waits for the disk here. */
const hurried: Clock = {
  ...systemClock,
  after: (ms, callback) => {
    if (ms > 1000) return () => undefined
    const immediate = setImmediate(callback)
    return () => clearImmediate(immediate)
  },
}

const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ kind: fc.constant('accept' as const), type: fc.constantFrom(...TYPES), id: fc.nat(30) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('activate' as const),
      campaign: fc.constantFrom(...CAMPAIGNS),
      type: fc.constantFrom(...TYPES),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('deactivate' as const), campaign: fc.constantFrom(...CAMPAIGNS) }),
  },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('take' as const), campaign: fc.constantFrom(...CAMPAIGNS) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('restart' as const) }) },
)

/** A service's inbox and the campaigns that take from it, as their feeds do; and what should come of it. */
class Model {
  readonly #store: ServiceStore
  readonly #inbox: Inbox
  readonly #activations: Activations
  #waiting = new Map<Campaign, WaitingTriggers>()
  readonly #positions = new Map<Campaign, Map<number, number>>()
  readonly #listening = new Map<Campaign, { readonly type: Type; readonly version: number }>()
  #versions = 0
  readonly taken = new Map<Campaign, string[]>(CAMPAIGNS.map((campaign) => [campaign, []]))
  readonly expected = new Map<Campaign, string[]>(CAMPAIGNS.map((campaign) => [campaign, []]))
  readonly #seen = new Set<number>()

  constructor(store: ServiceStore, inbox: Inbox) {
    this.#store = store
    this.#inbox = inbox
    this.#activations = new Activations(store, hurried)
  }

  async accept(type: Type, id: number): Promise<void> {
    const listeners = CAMPAIGNS.filter((campaign) => this.#listening.get(campaign)?.type === type)
    const fate = listeners.length === 0 ? 'unmatched' : this.#seen.has(id) ? 'duplicate' : 'accepted'
    const receipt = await this.#inbox.accept(JSON.stringify({ id: `t-${id}`, type, customer: {} }))
    expect(receipt).toMatchObject({ accepted: 0, duplicate: 0, unmatched: 0, [fate]: 1 })
    if (fate !== 'accepted') return
    this.#seen.add(id)
    for (const campaign of listeners) this.expected.get(campaign)!.push(`t-${id}`)
  }

  async activate(campaign: Campaign, type: Type): Promise<void> {
    const version = ++this.#versions
    const open = this.#of(campaign)
      .listeners()
      .find(({ to }) => to === null)
    const position = open === undefined ? null : this.#of(campaign).positionOf(open)
    const trigger: Trigger = { kind: 'event', type, maxAgeMs: 1000 }
    await this.#activations.activate({ campaign, version, trigger, by: 'ada', position })
    this.#listening.set(campaign, { type, version })
  }

  async deactivate(campaign: Campaign): Promise<void> {
    if (!this.#listening.delete(campaign)) return
    await this.#activations.deactivate(campaign, 'ada')
  }

  /** False when nothing was there to take. */
  async take(campaign: Campaign): Promise<boolean> {
    const waiting = this.#of(campaign)
    const [listener] = waiting.listeners()
    if (listener === undefined) return false
    const next = await waiting.next(listener)
    if (next === null) {
      if (listener.to === null) return false
      await waiting.prune()
      await waiting.drop(listener)
      return true
    }
    this.taken.get(campaign)!.push(...next.rows.map(({ id }) => id))
    waiting.note(listener.version, next.position)
    const positions = this.#positions.get(campaign) ?? new Map<number, number>()
    this.#positions.set(campaign, positions.set(listener.version, next.position))
    await waiting.prune()
    return true
  }

  /** What the runs have taken is all that is known. */
  restart(): void {
    this.#waiting = new Map()
  }

  async end(): Promise<number> {
    for (const campaign of CAMPAIGNS) {
      while (await this.take(campaign));
      while (await this.#of(campaign).prune());
    }
    return Number(this.#store.get('SELECT count(*) AS count FROM inbox')?.['count'])
  }

  #of(campaign: Campaign): WaitingTriggers {
    const known = this.#waiting.get(campaign)
    if (known !== undefined) return known
    const made = new WaitingTriggers(this.#store, campaign, this.#positions.get(campaign) ?? new Map())
    this.#waiting.set(campaign, made)
    return made
  }
}

it(
  'leads each trigger to every campaign that listened when it was accepted, once and in order',
  { timeout: 60_000 },
  async () => {
    using folder = mkdtempDisposableSync(join(tmpdir(), 'matching-'))
    let count = 0
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 40, maxLength: 80 }), async (steps) => {
        using store = new ServiceStore(join(folder.path, String(count++)), hurried)
        store.run('PRAGMA synchronous = OFF')
        using inbox = new Inbox({ store, clock: hurried, onTriggers: () => undefined })
        const model = new Model(store, inbox)
        for (const each of steps) {
          if (each.kind === 'accept') await model.accept(each.type, each.id)
          else if (each.kind === 'activate') await model.activate(each.campaign, each.type)
          else if (each.kind === 'deactivate') await model.deactivate(each.campaign)
          else if (each.kind === 'take') await model.take(each.campaign)
          else model.restart()
        }
        expect(await model.end()).toBe(0)
        expect(model.taken).toEqual(model.expected)
      }),
      { numRuns: 30 },
    )
  },
)
