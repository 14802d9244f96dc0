import type { Clock } from '../clock.ts'
import type { GroupStore, Statements } from '../ledger/group-store.ts'
import { checkSecret, createSecret, type Profile } from '../profile/profile.ts'
import type { Vault } from '../vault/vault.ts'
import { EventsError } from './events-error.ts'

interface Secret {
  readonly number: number
  readonly text: string
  /** Null for the one in use; until then an older one signs as well. */
  readonly expiresAt: number | null
}

const selectSecrets = `SELECT * FROM secret WHERE endpoint = ? ORDER BY number DESC`
const insertSecret = `INSERT INTO secret (endpoint, number, sealed, made_at) VALUES (?, ?, ?, ?)`
const endSecret = `UPDATE secret SET expires_at = ? WHERE endpoint = ? AND expires_at IS NULL`
const deleteSecrets = `DELETE FROM secret WHERE endpoint = ? AND number <= ?`

interface Owner {
  readonly key: number
  readonly id: string
}

/** What signs for endpoints: sealed on the disk, open in memory once it was needed. */
export class EndpointSecrets {
  readonly #store: GroupStore
  readonly #clock: Clock
  readonly #vault: Vault
  readonly #opened = new Map<number, readonly Secret[]>()

  constructor(store: GroupStore, { clock, vault }: { readonly clock: Clock; readonly vault: Vault }) {
    this.#store = store
    this.#clock = clock
    this.#vault = vault
  }

  /** Gives an endpoint its first secret, in the commit that makes it. */
  begin(store: Statements, owner: Owner, secret: string): void {
    store.run(insertSecret, owner.key, 1, this.#vault.seal(secret, { record: recordOf(owner, 1) }), this.#clock.now())
  }

  /** The one in use. */
  current(owner: Owner): string {
    return this.#secretsOf(owner).find(({ expiresAt }) => expiresAt === null)!.text
  }

  /** Those that sign now, newest first. */
  signing(owner: Owner): readonly string[] {
    const now = this.#clock.now()
    return this.#secretsOf(owner).flatMap(({ text, expiresAt }) =>
      expiresAt === null || expiresAt > now ? [text] : [],
    )
  }

  /**
   * Puts another secret in use; the one before goes on signing for `overlapMs`, as long as no more sign than the profile allows.
   *
   * @throws {EventsError} invalid, when the secret or the time is not the profile's.
   */
  async rotate(
    owner: Owner,
    {
      secret,
      overlapMs,
      profile,
    }: { readonly secret: string | null; readonly overlapMs: number | null; readonly profile: Profile },
  ): Promise<void> {
    const { rotation } = profile
    const overlap = overlapMs ?? rotation.overlapMs
    if (overlap < 0 || overlap > rotation.longestOverlapMs) {
      const most = rotation.longestOverlapMs / 1000
      throw new EventsError('invalid', `expected the old secret to sign for 0 to ${most} s more, got ${overlap / 1000}`)
    }
    const text = await secretFor(profile, secret)
    await this.#store.commit((store) => {
      const now = this.#clock.now()
      const number = Number(store.get(selectSecrets, owner.key)?.['number'] ?? 0) + 1
      store.run(endSecret, now + overlap, owner.key)
      const sealed = this.#vault.seal(text, { record: recordOf(owner, number) })
      store.run(insertSecret, owner.key, number, sealed, now)
      store.run(deleteSecrets, owner.key, number - rotation.mostSecrets)
    })
    this.#opened.delete(owner.key)
  }

  #secretsOf(owner: Owner): readonly Secret[] {
    const known = this.#opened.get(owner.key)
    if (known !== undefined) return known
    const secrets = this.#store.all(selectSecrets, owner.key).map((row) => {
      const number = Number(row['number'])
      const text = this.#vault.open(String(row['sealed']), { record: recordOf(owner, number) })
      return { number, text, expiresAt: row['expires_at'] as number | null }
    })
    this.#opened.set(owner.key, secrets)
    return secrets
  }
}

/** The one that was given, or a new one. @throws {EventsError} invalid */
export async function secretFor(profile: Profile, given: string | null): Promise<string> {
  if (given === null) return await createSecret(profile)
  const problem = checkSecret(profile, given)
  if (problem !== null) throw new EventsError('invalid', problem)
  return given
}

/** What the secret of that number is bound to in the vault. */
export function recordOf({ id }: Pick<Owner, 'id'>, number: number): string {
  return `endpoint/${id}/${number}`
}
