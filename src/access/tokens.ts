import { createRunId as createId } from '../campaign/run-id.ts'
import type { Clock } from '../clock.ts'
import { HookcastError } from '../errors.ts'
import { asKept, fromJson, rowReader } from '../ledger/row-reader.ts'
import type { ServiceStore, Statements } from '../ledger/service-store.ts'
import { PORTAL_NAME, type PortalAccess } from './portal-access.ts'
import type { Actor, Capability, Grant, Role } from './role.ts'
import * as sql from './statements.ts'
import { createTokenText, hashOf, prefixOf } from './token-text.ts'

export interface NewToken {
  readonly name: string
  readonly role: Role
  readonly grants: readonly Grant[]
  /** Of the role `app`: the id of the app that it is for. */
  readonly app?: string | null
  /** A name for what was made together, and ends together. */
  readonly session?: string | null
  readonly capabilities?: readonly Capability[] | null
  /** Null for one that does not expire. */
  readonly expiresAt: number | null
}

/** A token as it is listed: all but the token. */
export interface TokenRecord extends Actor {
  /** How the token begins. */
  readonly prefix: string
  readonly madeAt: number
  /** Id of the token that made it; null for one from the environment. */
  readonly madeBy: string | null
  readonly expiresAt: number | null
  readonly revokedAt: number | null
  /** To about a minute; null for one that was never used. */
  readonly usedAt: number | null
}

/** The token of the environment has this id: it is replaced when another is set, and comes back when the service does. */
const ENVIRONMENT_ID = 'environment'
const LEAST_CHARACTERS = 32
/** Longer than any token: not worth a hash. */
const MOST_CHARACTERS = 512
const USE_IS_NOTED_EVERY_MS = 60_000

const REMEMBERED_TOKENS = 1000
/** What was read of tokens, by the hash; each change of any forgets all of it. */
const remembered = new WeakMap<ServiceStore, Map<string, TokenRecord>>()

/** The tokens of a service: made, shown once, known again by their hash, revoked. */
export class Tokens {
  readonly #store: ServiceStore
  readonly #clock: Clock

  constructor(store: ServiceStore, clock: Clock) {
    this.#store = store
    this.#clock = clock
  }

  /** Makes a token: `text` is all there will ever be of it. */
  async issue(
    token: NewToken,
    madeBy: string | null,
    now = this.#clock.now(),
  ): Promise<{ readonly text: string; readonly record: TokenRecord }> {
    const text = createTokenText()
    return { text, record: await this.#keep(text, { ...token, id: createId(now), madeBy, madeAt: now }) }
  }

  /** Makes the token of a link to an app's portal. */
  async openPortal({ lastsMs, ...access }: PortalAccess, madeBy: string | null): Promise<string> {
    const token = { ...access, name: PORTAL_NAME, role: 'app', grants: [] } as const
    const now = this.#clock.now()
    const { text } = await this.issue({ ...token, expiresAt: now + lastsMs }, madeBy, now)
    return text
  }

  /**
   * Takes over the administrator's token of the environment (`HOOKCAST_ADMIN_TOKEN`), in place of the one before.
   *
   * @throws {HookcastError} HOOKCAST_USAGE, when it is so short that it could be guessed.
   */
  async adopt(text: string): Promise<TokenRecord> {
    if (text.length < LEAST_CHARACTERS || text.length > MOST_CHARACTERS || /\s/.test(text)) {
      const message = `expected the administrator's token to be ${LEAST_CHARACTERS} to ${MOST_CHARACTERS} characters without spaces, got ${text.length}`
      throw new HookcastError('HOOKCAST_USAGE', message)
    }
    const known = this.#store.get(sql.selectToken, ENVIRONMENT_ID)
    if (known !== undefined && hashOf(text).equals(known['hash'] as Uint8Array)) return recordFrom(known)
    await this.#change((store) => void store.run(sql.deleteToken, ENVIRONMENT_ID))
    const madeAt = this.#clock.now()
    const admin = { name: 'environment', role: 'admin', grants: [], expiresAt: null } as const
    return await this.#keep(text, { ...admin, id: ENVIRONMENT_ID, madeBy: null, madeAt })
  }

  /** Knows who shows a token; null for one that is unknown, expired or revoked. */
  verify(text: string): Actor | null {
    if (text.length > MOST_CHARACTERS) return null
    const record = this.#find(hashOf(text))
    if (record === null) return null
    const { id, name, role, grants, app, capabilities, usedAt } = record
    const now = this.#clock.now()
    if (!isStanding(record, now)) return null
    if (usedAt === null || now - usedAt >= USE_IS_NOTED_EVERY_MS) this.#noteUse(id, now)
    return { id, name, role, grants, app, capabilities }
  }

  /** Whether anybody could do what an administrator does. */
  get hasAdministrator(): boolean {
    return this.#store.get(sql.selectAdministrator, this.#clock.now()) !== undefined
  }

  get(id: string): TokenRecord | null {
    const row = this.#store.get(sql.selectToken, id)
    return row === undefined ? null : recordFrom(row)
  }

  /** Newest first, after the one of that id. */
  list({ after, limit }: { readonly after: string | null; readonly limit: number }): readonly TokenRecord[] {
    return this.#store.all(sql.selectTokens, after, after, limit).map(recordFrom)
  }

  /** From the next request on nobody is known by it; false for one that is unknown or was revoked before. */
  async revoke(id: string): Promise<boolean> {
    return await this.#change((store) => store.run(sql.revokeToken, this.#clock.now(), id).changes > 0)
  }

  /** Ends the tokens of an app `inMs` from now, or only those of some sessions; those that end sooner do. */
  async expireOf(
    app: string,
    { inMs, sessions }: { readonly inMs: number; readonly sessions: readonly string[] | null },
  ): Promise<void> {
    const asked = sessions === null ? null : JSON.stringify(sessions)
    const at = this.#clock.now() + inMs
    await this.#change((store) => void store.run(sql.expireAppTokens, at, app, at, asked, asked))
  }

  async #keep(
    text: string,
    token: NewToken & { readonly id: string; readonly madeAt: number; readonly madeBy: string | null },
  ): Promise<TokenRecord> {
    const { id, name, role, grants, app = null, session = null, capabilities = null } = token
    const { expiresAt, madeAt, madeBy } = token
    const prefix = prefixOf(text)
    const may = [JSON.stringify(grants), app, session, capabilities === null ? null : JSON.stringify(capabilities)]
    const values = [id, name, role, ...may, prefix, hashOf(text), madeAt, madeBy, expiresAt]
    await this.#change((store) => void store.run(sql.insertToken, ...values))
    return { ...token, app, capabilities, prefix, revokedAt: null, usedAt: null }
  }

  #find(hash: Buffer): TokenRecord | null {
    const known = remembered.get(this.#store) ?? new Map<string, TokenRecord>()
    const key = hash.toString('latin1')
    const found = known.get(key)
    if (found !== undefined) return found
    const row = this.#store.get(sql.selectTokenByHash, hash)
    if (row === undefined) return null
    const record = recordFrom(row)
    if (known.size >= REMEMBERED_TOKENS) known.clear()
    remembered.set(this.#store, known.set(key, record))
    return record
  }

  async #change<T>(change: (store: Statements) => T): Promise<T> {
    return await this.#store.commit((store) => {
      remembered.delete(this.#store)
      return change(store)
    })
  }

  /** Nobody waits for it, and nothing is lost when it fails. */
  #noteUse(id: string, now: number): void {
    this.#change((store) => void store.run(sql.noteTokenUse, now, id)).catch(() => undefined)
  }
}

/** Neither revoked nor expired. */
export function isStanding({ revokedAt, expiresAt }: TokenRecord, now: number): boolean {
  return revokedAt === null && (expiresAt === null || expiresAt > now)
}

const recordFrom = rowReader<TokenRecord>({
  id: String,
  name: String,
  role: asKept,
  grants: fromJson,
  app: asKept,
  capabilities: fromJson,
  prefix: String,
  madeAt: Number,
  madeBy: asKept,
  expiresAt: asKept,
  revokedAt: asKept,
  usedAt: asKept,
})
