import type { GroupStore } from '../ledger/group-store.ts'
import type { Vault } from '../vault/vault.ts'
import { recordOf } from './endpoint-secrets.ts'

export interface Resealed {
  /** Secrets that an older key had sealed, and that the first has sealed now. */
  readonly resealed: number
  /** Secrets that no key opens: those of a key that was taken away too early, or damaged ones. */
  readonly unopened: number
}

/** A commit of so many takes some 5 ms. */
const BATCH = 100

const selectSecrets = `
  SELECT endpoint, number, sealed, id FROM secret JOIN endpoint ON endpoint.key = secret.endpoint
  WHERE (endpoint, number) > (?, ?) ORDER BY endpoint, number LIMIT ${BATCH}`
/** Only what was read: a rotation may have ended it meanwhile. */
const updateSecret = `UPDATE secret SET sealed = ? WHERE endpoint = ? AND number = ? AND sealed = ?`

/**
 * Seals anew what an older key has sealed, so that this key can be taken away.
 *
 * In small commits, each of whole secrets: what a crash has cut short, the next start finds and goes on with.
 */
export async function resealSecrets(
  store: GroupStore,
  { vault, signal }: { readonly vault: Vault; readonly signal: AbortSignal },
): Promise<Resealed> {
  let resealed = 0
  let unopened = 0
  let last: readonly [endpoint: number, number: number] = [0, 0]
  while (!signal.aborted) {
    const rows = store.all(selectSecrets, ...last)
    if (rows.length === 0) break
    const changes = rows.flatMap((row) => {
      const sealed = String(row['sealed'])
      last = [Number(row['endpoint']), Number(row['number'])]
      if (vault.isSealedByFirst(sealed)) return []
      const record = recordOf({ id: String(row['id']) }, last[1])
      try {
        return [[vault.seal(vault.open(sealed, { record }), { record }), ...last, sealed] as const]
      } catch {
        unopened++
        return []
      }
    })
    await store.commit((statements) => {
      for (const change of changes) resealed += statements.run(updateSecret, ...change).changes
    })
  }
  return { resealed, unopened }
}
