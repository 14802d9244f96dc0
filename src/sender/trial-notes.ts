import type { PlainDifference, Trial } from '../campaign/delivery.ts'
import { SecretMask, type CallResult } from '../request/request.ts'
import { createPlainComparison, type PlainComparison } from '../template/template.ts'
import type { RequestDefinition, SenderSetup } from './sender-setup.ts'
import type { PreparedDelivery } from './task.ts'

/** Requests whose body is rendered a second time, as plain Jinja2 would: enough to see each kind of value. */
const COMPARED = 20
const NONE: readonly PlainDifference[] = []

/** Notes what a trial wants to see; whole requests are large and secret, so only that of the first is shown. */
export class TrialNotes {
  readonly #mask: SecretMask
  readonly #comparison: PlainComparison | null
  #noted = 0

  constructor({ secrets, isRehearsal, definition }: SenderSetup) {
    this.#mask = new SecretMask(secrets)
    this.#comparison = isRehearsal ? comparisonOf(definition) : null
  }

  note({ request, context, requestId }: PreparedDelivery, result: CallResult): Trial {
    const { method, path, headers, body } = request
    const bodyBytes = body === null ? 0 : Buffer.byteLength(body)
    const n = this.#noted++
    const differences = n < COMPARED ? (this.#comparison?.compare(context, requestId) ?? NONE) : NONE
    if (n > 0) return { bodyBytes, exchange: null, differences }
    const answer = this.#answerOf(result)
    const text = body === null || typeof body === 'string' ? body : Buffer.from(body).toString('utf8')
    return { bodyBytes, exchange: { request: { method, path, headers, body: text }, answer }, differences }
  }

  #answerOf({ answer, headers }: CallResult): NonNullable<Trial['exchange']>['answer'] {
    if (answer.kind !== 'answered') return null
    const shown = Object.entries(headers).map(([name, value]) => [
      name,
      this.#mask.apply([value ?? ''].flat().join(', ')),
    ])
    const { body, isTruncated } = answer
    return { headers: Object.fromEntries(shown) as Record<string, string>, body, isTruncated }
  }
}

function comparisonOf({
  body,
  method,
  payload,
  jsonEscape,
  isLegacyLoopScope,
  timezone,
}: RequestDefinition): PlainComparison | null {
  if (body === null || method === 'GET') return null
  const options = { payload, name: body.file, line: body.line, jsonEscape, isLegacyLoopScope, timezone }
  return createPlainComparison(body.text, options)
}
