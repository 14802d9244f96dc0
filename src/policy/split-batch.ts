import type { AnswerMeaning } from '../campaign/campaign.ts'

/** What a receiver says of a body that it does not accept: one customer's part of it may be why. */
const SPLITTABLE: ReadonlySet<number> = new Set([400, 413, 422])

/** Whether `on_client_error: split` is for an answer of this status; a meaning of its own in `answers` wins. */
export function isSplittable(httpStatus: number, answers: Readonly<Record<string, AnswerMeaning>>): boolean {
  return SPLITTABLE.has(httpStatus) && answers[httpStatus] === undefined
}

/**
 * Halves a refused batch, the first half being the larger one by one at most.
 *
 * Only a half whose sibling was not refused is halved again, so a batch of n takes at most 2 · ⌈log2 n⌉ requests more,
 * which is within the 2 · log2 n + 2 that it is allowed.
 *
 * @example halvesOf(['a', 'b', 'c']) // [['a', 'b'], ['c']]
 */
export function halvesOf<T>(customers: readonly T[]): readonly [readonly T[], readonly T[]] {
  const middle = Math.ceil(customers.length / 2)
  return [customers.slice(0, middle), customers.slice(middle)]
}
