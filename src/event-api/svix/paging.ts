import { z } from 'zod'
import type { Page, PageQuery } from '../../events/events.ts'

const MOST = 250
const USUAL = 50

/** `limit`, `iterator` and `order` as Svix's clients send them; an iterator that begins with `-` goes back. */
export const PAGING = {
  limit: z.coerce.number().int().min(1).max(MOST).default(USUAL),
  iterator: z.string().max(512).optional(),
  order: z.enum(['ascending', 'descending']).optional(),
} as const

export interface PagingQuery {
  readonly limit: number
  readonly iterator?: string | undefined
  readonly order?: PageQuery['order'] | undefined
}

export function pageQuery({ limit, iterator, order }: PagingQuery, usualOrder: PageQuery['order']): PageQuery {
  const isBackwards = iterator?.startsWith('-') === true
  const id = isBackwards ? iterator.slice(1) : iterator
  const cursor = id === undefined || id === '' ? null : { id, isBackwards }
  return { limit, cursor, order: order ?? usualOrder }
}

export interface ListOut<T> {
  readonly data: readonly T[]
  /** Of the last row, or of how far was looked; null for an empty page. */
  readonly iterator: string | null
  readonly prevIterator: string | null
  readonly done: boolean
}

export function listOut<Row, Out>(
  { rows, isDone, passed }: Page<Row>,
  { idOf, out }: { readonly idOf: (row: Row) => string; readonly out: (row: Row) => Out },
): ListOut<Out> {
  const [first, last] = [rows[0], rows.at(-1)]
  return {
    data: rows.map(out),
    iterator: passed?.isBackwards === false ? passed.id : last === undefined ? null : idOf(last),
    prevIterator: passed?.isBackwards === true ? `-${passed.id}` : first === undefined ? null : `-${idOf(first)}`,
    done: isDone,
  }
}

/** Query parameters that are true or false. */
export const FLAG = z.enum(['true', 'false']).transform((value) => value === 'true')

/** Several values with commas between, as the clients write lists. */
export const LIST = z.string().transform((value) => value.split(','))

/** An instant, as ISO 8601 or what else JavaScript reads as a date; in epoch ms. */
export const INSTANT = z.string().transform((value, context) => {
  const time = Date.parse(value)
  if (!Number.isNaN(time)) return time
  context.addIssue('expected a date and time, got something else')
  return z.NEVER
})
