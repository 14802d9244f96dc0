import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setImmediate as afterOthers } from 'node:timers/promises'
import { findIdColumn, parseObject, RowFault, type CustomerRow } from '../audience/audience.ts'
import type { CampaignSnapshot } from '../campaign/campaign-folder.ts'
import type { Row, ServiceStore } from '../ledger/service-store.ts'
import { columnNamedIn } from './held-rows.ts'

/** A trigger that waits in the inbox of a service, and the customers that campaigns take it for. */
export interface HeldTrigger {
  readonly seq: number
  readonly id: string
  /** As it came, on one line. */
  readonly body: string
  readonly acceptedAt: number
  readonly customerIds: readonly string[]
}

const selectLast = `SELECT coalesce(max(seq), 0) AS seq FROM inbox`
const selectPage = `SELECT * FROM inbox WHERE seq > ? AND seq <= ? ORDER BY seq LIMIT 500`
const selectListening = `
  SELECT DISTINCT type, snapshot FROM listener JOIN campaign_version USING (campaign, version)`
const deleteTrigger = `DELETE FROM inbox WHERE seq = ?`
const deleteSeen = `DELETE FROM seen WHERE trigger_id = ?`

/** A shorter one is in the id of a trigger by chance. */
const LEAST_LENGTH = 3

type Read = Pick<ServiceStore, 'all'>

/** Reads the inbox of a data folder, page by page, also while a service has it. */
export function* triggersHeldIn(dataFolder: string): Generator<readonly HeldTrigger[]> {
  const path = join(dataFolder, 'service.db')
  if (!existsSync(path)) return
  using database = new DatabaseSync(path, { readOnly: true, timeout: 5000 })
  yield* pagesOf({ all: (sql, ...values) => database.prepare(sql).all(...values) })
}

function* pagesOf(store: Read): Generator<readonly HeldTrigger[]> {
  const columns = columnsByType(store)
  const last = Number(store.all(selectLast)[0]?.['seq'])
  for (let after = 0; ;) {
    const page = store.all(selectPage, after, last)
    if (page.length === 0) return
    yield page.map((row) => triggerFrom(row, columns.get(String(row['type'])) ?? [null]))
    after = Number(page.at(-1)!['seq'])
  }
}

/** Each campaign may name the customers of a type by another column. */
function columnsByType(store: Read): ReadonlyMap<string, readonly (string | null)[]> {
  const rows = store.all(selectListening).map((row) => {
    const snapshot = JSON.parse(String(row['snapshot'])) as CampaignSnapshot
    return { type: String(row['type']), column: columnNamedIn(snapshot) }
  })
  const byType = Map.groupBy(rows, ({ type }) => type)
  return new Map([...byType].map(([type, found]) => [type, found.map(({ column }) => column)]))
}

function triggerFrom(row: Row, columns: readonly (string | null)[]): HeldTrigger {
  const body = String(row['body'])
  const object = parseObject(body)
  const customer = (object instanceof RowFault ? {} : object['customer']) as CustomerRow
  const names = columns.map((column) => findIdColumn(customer, column)).filter((name) => name !== null)
  return {
    seq: Number(row['seq']),
    id: String(row['trigger_id']),
    body,
    acceptedAt: Number(row['accepted_at']),
    customerIds: names.map((name) => String(customer[name])),
  }
}

/** Drops the triggers of customers that wait in an inbox, and gives how many; what comes from now on is new. */
export async function eraseTriggers(
  store: ServiceStore,
  { customerIds, found }: { readonly customerIds: ReadonlySet<string>; readonly found: Set<string> },
): Promise<number> {
  let dropped = 0
  for (const page of pagesOf(store)) {
    const wanted = page.filter((trigger) => trigger.customerIds.some((id) => customerIds.has(id)))
    if (wanted.length > 0) await store.commit(() => wanted.forEach(({ seq }) => store.run(deleteTrigger, seq)))
    for (const trigger of wanted) for (const id of trigger.customerIds) if (customerIds.has(id)) found.add(id)
    await forgetTriggers(
      store,
      wanted.map(({ id }) => id),
      customerIds,
    )
    dropped += wanted.length
    // Triggers come in meanwhile.
    await afterOthers()
  }
  return dropped
}

/** Ids of triggers that name one of the customers are kept no longer, though they could come again then. */
export async function forgetTriggers(
  store: ServiceStore,
  triggerIds: readonly string[],
  customerIds: ReadonlySet<string>,
): Promise<void> {
  const telling = [...customerIds].filter((id) => id.length >= LEAST_LENGTH)
  const naming = triggerIds.filter((triggerId) => telling.some((id) => triggerId.includes(id)))
  if (naming.length > 0) await store.commit(() => naming.forEach((id) => store.run(deleteSeen, id)))
}
