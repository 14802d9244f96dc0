import { createHash, createHmac } from 'node:crypto'
import type { Clock } from '../clock.ts'
import { ApiError } from '../errors.ts'
import type { ServiceStore } from '../ledger/service-store.ts'

/** An answer as it is given again. */
interface KeptAnswer {
  readonly status: number
  readonly location: string | null
  /** JSON text. */
  readonly body: string
}

/** A request under a key: of whom, which key, and what it asks for. */
export interface KeyedRequest {
  readonly token: string
  readonly key: string
  /** Method, path and query, and a digest of the body. */
  readonly request: string
}

const KEPT_MS = 24 * 3_600_000
const AGAIN_MS = 1000

const selectAnswer = `SELECT * FROM answer WHERE token = ? AND key = ? AND made_at > ?`
const insertAnswer = `INSERT OR REPLACE INTO answer (token, key, request, made_at) VALUES (?, ?, ?, ?)`
const finishAnswer = `UPDATE answer SET status = ?, location = ?, body = ? WHERE token = ? AND key = ?`
const deleteAnswer = `DELETE FROM answer WHERE token = ? AND key = ?`
const deleteOldAnswers = `DELETE FROM answer WHERE made_at <= ?`

/**
 * Remembers for 24 hours what was answered under an `Idempotency-Key`, so that a request that is repeated is done once.
 *
 * Only what succeeded is remembered: a request that was refused did nothing, and may be mended and sent again under its key.
 *
 * @see draft-ietf-httpapi-idempotency-key-header §2
 */
export class Repeats {
  readonly #store: ServiceStore
  readonly #clock: Clock
  readonly #isRefusal: (error: unknown) => boolean
  readonly #inHand = new Set<string>()

  /** @param isRefusal - tells errors of work that did nothing from those of work that may have done some of it. */
  constructor(
    store: ServiceStore,
    { clock, isRefusal }: { readonly clock: Clock; readonly isRefusal: (error: unknown) => boolean },
  ) {
    this.#store = store
    this.#clock = clock
    this.#isRefusal = isRefusal
  }

  /**
   * Does a piece of work, unless it was done before: then gives what was kept of its answer.
   *
   * @throws {ApiError} HOOKCAST_API_KEY, when the key is that of another request, or of one whose end is not known.
   */
  async once(asked: KeyedRequest, work: () => Promise<KeptAnswer>): Promise<KeptAnswer | null> {
    const { token } = asked
    const now = this.#clock.now()
    const key = createHash('sha256').update(asked.key).digest('hex')
    // Keyed by what only the client has: the name of a customer in a body is not to be found by trying names.
    const request = createHmac('sha256', asked.key).update(asked.request).digest('hex')
    const known = this.#store.get(selectAnswer, token, key, now - KEPT_MS)
    if (known !== undefined && known['request'] !== request) {
      throw refusal(422, 'The Idempotency-Key was used for another request within the last 24 hours')
    }
    if (known !== undefined && known['status'] !== null) return answerFrom(known)
    const place = `${token} ${key}`
    if (this.#inHand.has(place)) {
      throw refusal(409, 'The first request with this Idempotency-Key is still being worked on', AGAIN_MS)
    }
    if (known !== undefined) {
      const message =
        'It is not known what came of the first request with this Idempotency-Key, which the service did not finish: look for it, then send it under another key'
      throw refusal(409, message)
    }
    this.#inHand.add(place)
    try {
      await this.#store.commit((store) => {
        store.run(deleteOldAnswers, now - KEPT_MS)
        store.run(insertAnswer, token, key, request, now)
      })
      const { status, location, body } = await this.#workUnder({ token, key }, work)
      await this.#store.commit((store) => void store.run(finishAnswer, status, location, body, token, key))
      return null
    } finally {
      this.#inHand.delete(place)
    }
  }

  async #workUnder(
    { token, key }: { readonly token: string; readonly key: string },
    work: () => Promise<KeptAnswer>,
  ): Promise<KeptAnswer> {
    try {
      return await work()
    } catch (error) {
      if (this.#isRefusal(error)) {
        await this.#store.commit((store) => void store.run(deleteAnswer, token, key))
      }
      throw error
    }
  }
}

function answerFrom(row: Readonly<Record<string, unknown>>): KeptAnswer {
  return { status: Number(row['status']), location: row['location'] as string | null, body: String(row['body']) }
}

function refusal(status: 409 | 422, message: string, retryAfterMs: number | null = null): ApiError {
  return new ApiError('HOOKCAST_API_KEY', message, { status, retryAfterMs })
}
