import type { Clock } from '../clock.ts'
import { asKept, fromJson, rowReader } from '../ledger/row-reader.ts'
import type { Row, ServiceStore } from '../ledger/service-store.ts'
import type { Actor } from './role.ts'
import * as sql from './statements.ts'

/** Who did what, and when. */
export interface AuditEntry {
  readonly id: number
  readonly at: number
  readonly actor: { readonly id: string; readonly name: string }
  /** Dotted, such as `run.started`. */
  readonly action: string
  /** What it was done to: a run, a campaign, a token; null where a name would be a customer's. */
  readonly subject: string | null
  readonly detail: Readonly<Record<string, unknown>>
}

/** What was done on a service, for good: entries are added, and never changed. */
export class AuditLog {
  readonly #store: ServiceStore
  readonly #clock: Clock

  constructor(store: ServiceStore, clock: Clock) {
    this.#store = store
    this.#clock = clock
  }

  /** Resolves once it is on the disk. `detail` never names a customer. */
  async record(
    { id, name }: Pick<Actor, 'id' | 'name'>,
    action: string,
    { subject = null, detail = {} }: { readonly subject?: string | null; readonly detail?: AuditEntry['detail'] } = {},
  ): Promise<void> {
    const values = [this.#clock.now(), id, name, action, subject, JSON.stringify(detail)]
    await this.#store.commit((store) => void store.run(sql.insertAudit, ...values))
  }

  /** Newest first, before the entry of that id. */
  list({ after, limit }: { readonly after: number | null; readonly limit: number }): readonly AuditEntry[] {
    return this.#store.all(sql.selectAudit, after, after, limit).map(entryFrom)
  }

  /** What was done to one thing, newest first. */
  of(subject: string, limit: number): readonly AuditEntry[] {
    return this.#store.all(sql.selectAuditOf, subject, limit).map(entryFrom)
  }
}

const readEntry = rowReader<Omit<AuditEntry, 'actor'>>({
  id: Number,
  at: Number,
  action: String,
  subject: asKept,
  detail: fromJson,
})

function entryFrom(row: Row): AuditEntry {
  return { ...readEntry(row), actor: { id: String(row['actor']), name: String(row['actor_name']) } }
}
