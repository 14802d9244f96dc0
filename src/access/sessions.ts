import { createHmac, randomBytes } from 'node:crypto'
import type { Clock } from '../clock.ts'
import type { ServiceStore } from '../ledger/service-store.ts'
import type { Actor } from './role.ts'
import * as sql from './statements.ts'
import { hashOf } from './token-text.ts'
import { isStanding, Tokens } from './tokens.ts'

const SESSION_BYTES = 32
/** A working day and its evening. */
const SESSION_MS = 12 * 3_600_000
const LONGEST = 100

/** Somebody in a browser, who has shown a token. */
export interface Session {
  readonly actor: Actor
  /** Stands in each form: no page of others can know it. */
  readonly formToken: string
}

/**
 * Sessions of people in browsers: each stands for the token that was shown, and ends with it.
 *
 * Kept is the hash of what the browser has. After 12 hours the token is asked for again.
 */
export class Sessions {
  readonly #store: ServiceStore
  readonly #clock: Clock
  readonly #tokens: Tokens

  constructor(store: ServiceStore, clock: Clock) {
    this.#store = store
    this.#clock = clock
    this.#tokens = new Tokens(store, clock)
  }

  /** Begins a session, and gives its secret; null for a token that nobody has, or that is for one app only. */
  async begin(token: string): Promise<{ readonly secret: string; readonly actor: Actor } | null> {
    const actor = this.#tokens.verify(token)
    if (actor === null || actor.role === 'app') return null
    const secret = randomBytes(SESSION_BYTES).toString('base64url')
    const now = this.#clock.now()
    await this.#store.commit((store) => {
      store.run(sql.deleteOldSessions, now)
      store.run(sql.insertSession, hashOf(secret), actor.id, now, now + SESSION_MS)
    })
    return { secret, actor }
  }

  /** Knows a session by its secret; null when it has ended, or its token has. */
  get(secret: string): Session | null {
    if (secret.length > LONGEST) return null
    const now = this.#clock.now()
    const row = this.#store.get(sql.selectSession, hashOf(secret), now)
    const token = row === undefined ? null : this.#tokens.get(String(row['token']))
    // Another token may have taken the place of the environment's since.
    if (token === null || !isStanding(token, now) || token.madeAt > Number(row?.['begun_at'])) return null
    const { id, name, role, grants, app, capabilities } = token
    return { actor: { id, name, role, grants, app, capabilities }, formToken: formTokenOf(secret) }
  }

  async end(secret: string): Promise<void> {
    await this.#store.commit((store) => void store.run(sql.deleteSession, hashOf(secret)))
  }
}

/** What stands in the forms that are shown to whoever has a secret, and tells nothing of it. */
export function formTokenOf(secret: string): string {
  return createHmac('sha256', secret).update('form').digest('base64url')
}
