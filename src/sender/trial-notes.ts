import type { Trial } from '../campaign/delivery.ts'
import type { CallResult } from '../request/request.ts'
import type { Mask } from './mask.ts'
import type { PreparedRequest } from './request-parts.ts'

/** Notes what a trial wants to see; whole requests are large and secret, so only that of the first is shown. */
export class TrialNotes {
  readonly #mask: Mask
  #hasShown = false

  constructor(mask: Mask) {
    this.#mask = mask
  }

  note({ method, path, headers, body }: PreparedRequest, result: CallResult): Trial {
    const bodyBytes = body === null ? 0 : Buffer.byteLength(body)
    if (this.#hasShown) return { bodyBytes, exchange: null }
    this.#hasShown = true
    const text = body === null || typeof body === 'string' ? body : Buffer.from(body).toString('utf8')
    return { bodyBytes, exchange: { request: { method, path, headers, body: text }, answer: this.#answerOf(result) } }
  }

  #answerOf({ answer, headers }: CallResult): NonNullable<Trial['exchange']>['answer'] {
    if (answer.kind !== 'answered') return null
    const shown = Object.entries(headers).map(([name, value]) => [
      name,
      this.#mask.text([value ?? ''].flat().join(', ')),
    ])
    const { body, isTruncated } = answer
    return { headers: Object.fromEntries(shown) as Record<string, string>, body, isTruncated }
  }
}
