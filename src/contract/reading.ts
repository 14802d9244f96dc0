import type { Answer } from '../campaign/outcome.ts'
import type { Reply } from './caller.ts'
import { cannotTell, type Evidence, type Finding } from './finding.ts'

type Answered = Extract<Answer, { kind: 'answered' }>

/** What a status means to a sender. */
export type Meaning = 'success' | 'redirect' | 'stops_all' | 'stops_chunk' | 'retried'

/** Of all 4xx these stop every chunk of a campaign. */
const HARD_STOPS: ReadonlySet<number> = new Set([400, 404, 410, 412, 413, 418])

/** The status of a reply; null when no answer came. */
export function statusOf({ answer }: Reply): number | null {
  return answer.kind === 'answered' ? answer.httpStatus : null
}

/** What a sender makes of a reply; null when no answer came. */
export function meaningOf(reply: Reply): Meaning | null {
  const status = statusOf(reply)
  if (status === null) return null
  if (status >= 200 && status < 300) return 'success'
  if (status >= 300 && status < 400) return 'redirect'
  if (HARD_STOPS.has(status)) return 'stops_all'
  return status >= 400 && status < 500 && status !== 429 ? 'stops_chunk' : 'retried'
}

/** What follows for a campaign from an answer that it did not deserve. */
export const CONSEQUENCES: Readonly<Record<Meaning, string>> = {
  success: 'which counts as sent',
  redirect: 'which is not followed and stops everybody who entered together',
  stops_all: 'which stops the whole campaign',
  stops_chunk: 'which stops everybody who entered together',
  retried: 'which is tried again and again',
}

/** `answered with 403`, or why there was no answer. */
export function wordsOf({ answer }: Reply): string {
  return answer.kind === 'answered' ? `answered with ${answer.httpStatus}` : `not answered (${plain(answer.message)})`
}

/** The way to trust an authority is another one here than in a campaign file. */
export function plain(message: string): string {
  return message.replace('tls.ca', '--ca')
}

export function evidenceOf(reply: Reply): Evidence {
  const { answer } = reply
  if (answer.kind === 'failed') return { error: answer.code }
  return {
    http_status: answer.httpStatus,
    content_type: answer.contentType === '' ? null : answer.contentType,
    body: answer.body,
  }
}

/** What a redirect hides is not known: the check of redirects tells about it. */
export function redirected(reply: Reply): Finding | null {
  if (meaningOf(reply) !== 'redirect') return null
  return cannotTell('The call was redirected: see no_redirect', null, evidenceOf(reply))
}

export function isJsonType({ contentType }: Answered): boolean {
  return /^application\/(?:[\w.+-]+\+)?json$/.test(contentType)
}

/** The parsed body; undefined when it is not JSON, whatever its type says. */
export function jsonOf({ answer }: Reply): unknown {
  if (answer.kind === 'failed' || answer.isTruncated) return undefined
  try {
    return JSON.parse(answer.body) as unknown
  } catch {
    return undefined
  }
}

/** A member of a JSON object; undefined when there is none, or no object. */
export function memberOf(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined
  return (value as Readonly<Record<string, unknown>>)[name]
}

/** A 2xx that does not say that it failed. */
export function isTaken(reply: Reply): boolean {
  return meaningOf(reply) === 'success' && memberOf(jsonOf(reply), 'success') !== false
}
