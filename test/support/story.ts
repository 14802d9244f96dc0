import { realpathSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { DatabaseSync } from 'node:sqlite'
import { test as base } from 'vitest'
import type { Clock } from '../../src/clock.ts'
import type { RunNumbers } from '../../src/ledger/numbers.ts'
import { findRun } from '../../src/ledger/run-folder.ts'
import {
  readSnapshot,
  resumeRun,
  startRun,
  type Progress,
  type RunEnd,
  type RunOptions,
} from '../../src/runner/runner.ts'
import { campaignOf } from '../../src/runner/run-snapshot.ts'
import { createCampaignFolder, plainSettings, type CampaignFolder } from './campaign-folder.ts'
import { checkRun, journalFrom } from './invariants.ts'
import { createReceiver, type Received, type Receiver, type ReceiverOptions, type Reply } from './receiver.ts'
import { SkippingClock } from './skipping-clock.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** A customer's final row, as the ledger holds it. */
export interface FinalRow {
  readonly chunk: number
  readonly seq: number
  readonly customer_id: string
  readonly status: string
  readonly reason: string | null
  readonly attempts: number
  readonly http_status: number | null
  readonly error_code: string | null
  readonly message: string | null
  readonly in_doubt: number
  readonly properties: string | null
}

export interface StorySetup {
  readonly answer?: (request: Received, n: number) => Reply | Promise<Reply>
  readonly receiver?: ReceiverOptions
  /** How many customers (`c-0`, `c-1`, …), or their rows. */
  readonly customers: number | readonly object[]
  /** Lines under `webhook:`; `$RECEIVER` stands for its origin. */
  readonly webhook?: string
  /** Lines of the file's top level. */
  readonly top?: string
  readonly body?: string
  readonly senders?: number
  readonly env?: Readonly<Record<string, string>>
  /** Why its runs are not held against the invariants when they end, as all others are. */
  readonly unchecked?: string
}

/** A campaign, its receiver and its data folder, for runs from start to end with real senders. */
export class Story implements AsyncDisposable {
  readonly receiver: Receiver
  readonly folder: CampaignFolder
  readonly clock: SkippingClock
  readonly #setup: StorySetup
  runId = ''
  progress: Progress | null = null
  /** Puts the clock forward to the next due retry whenever nothing is in flight. */
  skipsWaits = true

  constructor(setup: StorySetup, { receiver, clock }: { readonly receiver: Receiver; readonly clock: SkippingClock }) {
    this.#setup = setup
    this.receiver = receiver
    this.clock = clock
    const { customers, webhook = '', top = '', body = '{"customer_id":"{{ customer.customer_id }}"}' } = setup
    const rows =
      typeof customers === 'number'
        ? Array.from({ length: customers }, (_, i) => ({ customer_id: `c-${i}` }))
        : customers
    const lines = webhook
      .replaceAll('$RECEIVER', receiver.url)
      .split('\n')
      .map((line) => `  ${line}`)
    this.folder = createCampaignFolder({
      'campaign.yaml': [
        'name: story',
        'audience: people.ndjson',
        top,
        'webhook:',
        /^url:/m.test(webhook) ? '' : `  url: "${receiver.url}/v1/messages"`,
        /^(?:body|batch):/m.test(webhook) ? '' : '  body: { file: body.j2 }',
        ...lines,
      ].join('\n'),
      'body.j2': body,
      'people.ndjson': rows.map((row) => `${JSON.stringify(row)}\n`).join(''),
    })
  }

  get dataFolder(): string {
    return join(this.folder.path, 'data')
  }

  options(options: Partial<RunOptions> = {}): RunOptions {
    const clock: Clock = this.clock
    return {
      dataFolder: this.dataFolder,
      env: this.#setup.env ?? {},
      settings: plainSettings,
      until: null,
      clock,
      random: Math.random,
      senders: this.#setup.senders ?? 2,
      version: '0.0.0',
      isUnknownResent: false,
      program: { entry: join(ROOT, 'src/sender/entry.ts'), readable: [ROOT, realpathSync(join(ROOT, 'node_modules'))] },
      onProgress: (progress) => {
        this.progress = progress
        const waitMs = (progress.nextDueAt ?? 0) - this.clock.now()
        if (this.skipsWaits && waitMs > 0 && this.receiver.inFlight === 0) this.clock.skip(waitMs)
      },
      ...options,
    }
  }

  async start(options: Partial<RunOptions> = {}): Promise<RunEnd> {
    const { settings = plainSettings } = options
    const loaded = this.folder.load({ env: this.#setup.env ?? {}, settings })
    const onRunId = (runId: string): void => {
      this.runId = runId
    }
    const request = { ...loaded, isStreamed: false, skipsBadRows: false, onRunId }
    return this.#told(await startRun(request, this.options(options)), options)
  }

  async resume(options: Partial<RunOptions> = {}): Promise<RunEnd> {
    return this.#told(await resumeRun(this.runId, this.options(options)), options)
  }

  /** A run that ended with an error of ours is no story: the error tells more than what a test would miss. */
  #told(end: RunEnd, options: Partial<RunOptions>): RunEnd {
    if (end.error !== null) throw end.error
    if (this.#setup.unchecked === undefined) this.#check(end.runId, options)
    return end
  }

  /** Holds a run against the invariants. */
  #check(runId: string, told: Partial<RunOptions>): void {
    const options = this.options(told)
    const { dataFolder } = options
    const { campaign } = readSnapshot(findRun(dataFolder, runId))
    const { requests, count } = this.receiver
    const journal = requests.length === count ? journalFrom(requests) : null
    checkRun({ dataFolder, runId, journal, webhook: campaignOf(campaign, options).webhook })
  }

  get numbers(): RunNumbers {
    return JSON.parse(String(this.#query('SELECT numbers FROM run')[0]?.['numbers'])) as RunNumbers
  }

  /** Final rows in audience order. */
  get results(): FinalRow[] {
    return this.#query(
      `SELECT *, (SELECT value FROM text WHERE id = result.message) AS message, (SELECT value FROM text WHERE id = result.error_code) AS error_code FROM result ORDER BY seq`,
    ) as unknown as FinalRow[]
  }

  get waiting(): Record<string, unknown>[] {
    return this.#query('SELECT * FROM waiting ORDER BY seq')
  }

  get stops(): Record<string, unknown>[] {
    return this.#query('SELECT * FROM stop ORDER BY id')
  }

  /** The attempts that the receiver saw for a customer, in order. */
  requestsOf(customer: string): Received[] {
    return this.receiver.requests.filter((request) => request.customer === customer)
  }

  #query(sql: string): Record<string, unknown>[] {
    using database = new DatabaseSync(findRun(this.dataFolder, this.runId).ledger, { readOnly: true })
    return database.prepare(sql).all()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.receiver[Symbol.asyncDispose]()
    this.folder[Symbol.dispose]()
  }
}

/** `tell` makes a story; what it started is gone after the test. */
export const test = base.extend<{ tell: (setup: StorySetup) => Promise<Story> }>({
  // oxlint-disable-next-line no-empty-pattern -- Vitest reads the fixtures that are needed from this pattern.
  tell: async ({}, use) => {
    await using stack = new AsyncDisposableStack()
    await use(async (setup) => {
      const { answer } = setup
      const clock = new SkippingClock()
      const receiver = await createReceiver({
        ...(answer === undefined ? {} : { answer }),
        now: () => clock.now(),
        customerOf: ({ body }) => /"customer_id":"([^"]*)"/.exec(body)?.[1] ?? null,
        ...setup.receiver,
      })
      return stack.use(new Story(setup, { receiver, clock }))
    })
  },
})
