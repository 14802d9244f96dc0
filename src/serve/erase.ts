import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { HookcastError } from '../errors.ts'
import { ServiceStore } from '../ledger/service-store.ts'
import type { Surroundings } from '../library/library.ts'
import { eraseCustomers, type ErasureInService, type ErasureReport } from '../privacy/privacy.ts'
import { administratorToken } from './admin-token.ts'
import { askService } from './ask-service.ts'

/** As many as the API takes at once. */
const AT_ONCE = 10_000

/**
 * Erases customers from a data folder: by the service that has it, where there is a token for that, as it can let go of its
 * runs; else here, and what a service has is left.
 */
export async function erase(
  customerIds: ReadonlySet<string>,
  surroundings: Surroundings,
  onRun: (runId: string) => void,
): Promise<ErasureReport> {
  const { data } = surroundings.settings(null)
  const now = surroundings.wiring.clock.now()
  if (!existsSync(join(data, 'service.db'))) {
    return { ...(await eraseCustomers(data, { customerIds, now, onRun, service: null })), triggers: 0 }
  }
  const store = storeOf(surroundings)
  if (store === null && administratorToken(surroundings.env) !== null) return await ask([...customerIds], surroundings)
  using _ = store
  const service: ErasureInService | null = store && {
    store,
    settle: async () => await Promise.resolve(),
    aside: async (_, work) => await work(),
  }
  return await eraseCustomers(data, { customerIds, now, onRun, service })
}

/** Null while a service has it. */
function storeOf(surroundings: Surroundings): ServiceStore | null {
  try {
    return new ServiceStore(surroundings.settings(null).data, surroundings.wiring.clock)
  } catch (error) {
    if (error instanceof HookcastError && error.code === 'HOOKCAST_SERVICE_RUNNING') return null
    throw error
  }
}

async function ask(customerIds: readonly string[], surroundings: Surroundings): Promise<ErasureReport> {
  const body = { customer_ids: customerIds.slice(0, AT_ONCE) }
  const report = await askService<ErasureReport>(surroundings, '/v1/customers/erase', body)
  const rest = customerIds.slice(AT_ONCE)
  return rest.length === 0 ? report : sum(report, await ask(rest, surroundings))
}

function sum(a: ErasureReport, b: ErasureReport): ErasureReport {
  const runs = new Map(a.runs.map((run) => [run.run_id, run]))
  for (const run of b.runs) {
    const before = runs.get(run.run_id)
    runs.set(run.run_id, {
      run_id: run.run_id,
      rows: run.rows + (before?.rows ?? 0),
      named_by_row_number: run.named_by_row_number + (before?.named_by_row_number ?? 0),
      is_named_in_campaign: run.is_named_in_campaign || before?.is_named_in_campaign === true,
    })
  }
  const left = new Map([...a.left, ...b.left].map((run) => [run.run_id, run]))
  return {
    schema: 1,
    customers: a.customers + b.customers,
    found: a.found + b.found,
    runs: [...runs.values()],
    triggers: (a.triggers ?? 0) + (b.triggers ?? 0),
    left: [...left.values()],
  }
}
