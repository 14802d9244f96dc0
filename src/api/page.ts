import { z } from 'zod'

const MOST = 200
const DEFAULT = 50

/** Parameters of a list that is read page by page. */
export const PAGE_QUERY = {
  limit: z.coerce.number().int().min(1).max(MOST).default(DEFAULT).describe('Entries of a page'),
  cursor: z.string().max(200).optional().describe('`next_cursor` of the page before'),
}

export const nextCursor = z.string().nullable().describe('Where the next page begins; null on the last')

/** Cuts a page off entries of which one more was read than it holds. */
export function pageOf<T>(
  entries: readonly T[],
  limit: number,
  cursorOf: (entry: T) => string,
): { readonly entries: readonly T[]; readonly next_cursor: string | null } {
  const page = entries.slice(0, limit)
  const last = page.at(-1)
  return { entries: page, next_cursor: entries.length > limit && last !== undefined ? cursorOf(last) : null }
}
