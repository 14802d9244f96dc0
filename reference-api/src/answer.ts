import type { Work } from './store/store.ts'

/** One thing that went wrong, in the caller's words: `code` is for programs, `description` for people. */
export interface Problem {
  readonly code: number
  readonly description: string
}

/** What goes back over the wire: always JSON. */
export interface Answer {
  readonly status: number
  readonly text: string
  readonly headers?: Readonly<Record<string, string>>
}

/**
 * The codes of this API. A first digit of 1 is about one customer and travels with a 200; the others repeat
 * their HTTP status and are about the caller, the campaign or this server.
 */
export const CODES = {
  value: 1000,
  keyValue: 1008,
  keyReused: 1009,
  brokenBody: 4000,
  keyMissing: 4001,
  keyUnknown: 4002,
  idempotencyKey: 4003,
  bodyEncoding: 4004,
  batchSize: 4005,
  unauthorized: 4010,
  forbidden: 4030,
  unknownRoute: 4040,
  method: 4050,
  inProgress: 4090,
  tooLarge: 4130,
  mediaType: 4150,
  queueFull: 4290,
  internal: 5000,
  unavailable: 5030,
} as const

/**
 * What a handler gives back: the fields of the answer beside `success`, and what is to be done afterwards.
 * Both are kept together or not at all, so a handler itself changes nothing that a repeat would double.
 */
export type Reply =
  | { readonly success: true; readonly fields: Readonly<Record<string, unknown>>; readonly work?: readonly Work[] }
  | { readonly success: false; readonly errors: readonly Problem[] }

/** The answer for work that was taken over. */
export function success(fields: Readonly<Record<string, unknown>>): Answer {
  return { status: 200, text: JSON.stringify({ success: true, ...fields }) }
}

/** The answer for a request that is wrong for this one customer: 200, so that nobody else is stopped. */
export function failure(errors: readonly Problem[]): Answer {
  return { status: 200, text: JSON.stringify({ success: false, errors }) }
}

/** Thrown for every answer that is not a 200: the caller, the campaign or this server is at fault, not a customer. */
export class Refusal extends Error {
  readonly answer: Answer

  constructor(status: number, problem: Problem, headers: Readonly<Record<string, string>> = {}) {
    super(problem.description)
    this.name = 'Refusal'
    this.answer = { status, text: JSON.stringify({ success: false, errors: [problem] }), headers }
  }
}

/** 429 or 503: nothing was done, the same request may come again after `seconds`. */
export function busy(status: 429 | 503, description: string, seconds = 1): Refusal {
  const code = status === 429 ? CODES.queueFull : CODES.unavailable
  return new Refusal(status, { code, description }, { 'Retry-After': String(seconds) })
}
