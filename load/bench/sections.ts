import { writeCampaign, type CampaignKind } from './campaign.ts'
import {
  bareLoop,
  bullmq,
  graphileWorker,
  hookcastOneSender,
  hookcastRun,
  hookcastUnrendered,
  hookcastUnwritten,
  limitedLoop,
  type Bench,
  type Contender,
  type Task,
} from './contender.ts'
import type { Part } from './parts.ts'
import { findPostgres } from './postgres.ts'
import { startScripted, type Receiver } from './receiver.ts'
import { hasRedis } from './redis.ts'
import type { Script } from './scripted-receiver.ts'

interface Row {
  readonly contender: Contender
  readonly task: Task
  /** Where the contender's own does not tell it from others in the table. */
  readonly name?: string
}

/** A table to be: who calls what. */
export interface PlannedSection {
  readonly part: Part
  readonly title: string
  readonly note: string
  readonly customers: number
  readonly isPictured: boolean
  readonly mostRounds?: number
  open(): Promise<AsyncDisposable & { readonly rows: readonly Row[] }>
}

export interface Surroundings {
  readonly bench: Bench
  readonly receiver: Receiver
  readonly divisor: number
}

/** What a contender calls: a campaign and an audience in the bench's folder. */
export function taskFor(
  { folder, concurrency }: Bench,
  task: Pick<Task, 'customers' | 'receiver' | 'batch' | 'isTls'> & Pick<CampaignKind, 'isConstant'>,
): Task {
  const { customers, receiver, isConstant = false, batch, isTls = false } = task
  const { origin, caFile } = (isTls ? receiver.tls : null) ?? { origin: receiver.origin, caFile: undefined }
  const audience = `${customers}.ndjson`
  const name = `${[customers, new URL(origin).port, isConstant ? 'constant' : '', batch ?? ''].join('-')}.yaml`
  const kind = { audience, origin, concurrency, isConstant, caFile, ...(batch === undefined ? {} : { batch }) }
  const { isConstant: _, ...rest } = task
  return { ...rest, campaign: writeCampaign(folder, name, kind), audience }
}

function storeWords(): string {
  const postgres = findPostgres()
  return [
    hasRedis() ? 'Redis keeps its log synced every second.' : 'Redis is not installed: BullMQ was not measured.',
    postgres === null
      ? 'PostgreSQL is not installed: graphile-worker was not measured.'
      : `PostgreSQL ${postgres.version} syncs every commit; jobs are added 1,000, fetched 500 at a time and completed in batches.`,
  ].join(' ')
}

/** Everything that is compared, in the order of the page. */
export function planSections({ bench, receiver, divisor }: Surroundings): readonly PlannedSection[] {
  const words = (count: number): string => (count / divisor).toLocaleString('en-US')
  const on = (
    count: number,
    rows: (customers: number) => readonly Row[],
  ): Pick<PlannedSection, 'customers' | 'open'> => ({
    customers: count / divisor,
    open: async () => ({ rows: rows(count / divisor), [Symbol.asyncDispose]: async () => undefined }),
  })
  const scripted = (count: number, script: Script): Pick<PlannedSection, 'customers' | 'open'> => ({
    customers: count / divisor,
    open: async () => {
      const slow = await startScripted(script)
      const task = taskFor(bench, { customers: count / divisor, receiver: slow })
      return {
        rows: [bareLoop, hookcastRun].map((contender) => ({ contender, task })),
        [Symbol.asyncDispose]: () => slow[Symbol.asyncDispose](),
      }
    },
  })
  return [
    {
      part: 'speed',
      title: `${words(200_000)} calls`,
      note: '',
      isPictured: true,
      ...on(200_000, (customers) => {
        const task = taskFor(bench, { customers, receiver })
        return [bareLoop, hookcastRun].map((contender) => ({ contender, task }))
      }),
    },
    {
      part: 'cost',
      title: `What each part costs, ${words(50_000)} calls`,
      note: '',
      isPictured: true,
      ...on(50_000, (customers) => {
        const task = taskFor(bench, { customers, receiver })
        const constant = taskFor(bench, { customers, receiver, isConstant: true })
        return [
          { contender: bareLoop, task },
          { contender: hookcastRun, task },
          { contender: hookcastOneSender, task },
          { contender: hookcastUnrendered, task: constant },
          { contender: hookcastUnwritten, task },
        ]
      }),
    },
    {
      part: 'peers',
      title: `What is written by hand, ${words(100_000)} customers`,
      note: storeWords(),
      isPictured: true,
      ...on(100_000, (customers) => {
        const task = taskFor(bench, { customers, receiver })
        const stores = [...(hasRedis() ? [bullmq] : []), ...(findPostgres() === null ? [] : [graphileWorker])]
        const contenders = [bareLoop, hookcastRun, limitedLoop, ...stores]
        return contenders.map((contender) => ({ contender, task }))
      }),
    },
    {
      part: 'https',
      title: `HTTPS, ${words(50_000)} calls`,
      note: receiver.tls === null ? 'No nginx or no openssl here: not measured.' : '',
      isPictured: false,
      ...on(50_000, (customers) => {
        if (receiver.tls === null) return []
        const task = taskFor(bench, { customers, receiver, isTls: true })
        return [bareLoop, hookcastRun].map((contender) => ({ contender, task }))
      }),
    },
    {
      part: 'slow',
      title: `A receiver that answers after 50 ms, ${words(20_000)} calls`,
      note: '200 in flight at 50 ms are 4,000 calls/s at most.',
      isPictured: false,
      mostRounds: 3,
      ...scripted(20_000, { delayMs: 50 }),
    },
    {
      part: 'slow',
      title: `A receiver of which one answer in a hundred takes 9 s, ${words(4000)} calls`,
      note: 'The others take 50 ms.',
      isPictured: false,
      mostRounds: 2,
      ...scripted(4000, { delayMs: 50, slowPerMille: 10, slowMs: 9000 }),
    },
    {
      part: 'batch',
      title: `Batches, ${words(100_000)} customers`,
      note: 'Per customer, not per call.',
      isPictured: false,
      mostRounds: 3,
      ...on(100_000, (customers) =>
        [10, 100, 500].map((batch) => ({
          contender: hookcastRun,
          name: `${hookcastRun.name}, ${batch} customers a request`,
          task: taskFor(bench, { customers, receiver, batch }),
        })),
      ),
    },
  ]
}
