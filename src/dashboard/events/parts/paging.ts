import { html, type Part } from '../../../report/report.ts'
import type { Page, PageQuery } from '../../../events/events.ts'
import type { PageRequest } from '../../frame/page-request.ts'
import { eventWords } from '../words.ts'

/** A page of a list that begins behind an id of the query. */
export function pageAfter(after: string | null, { limit, order }: Pick<PageQuery, 'limit' | 'order'>): PageQuery {
  return { limit, order, cursor: after === null ? null : { id: after, isBackwards: false } }
}

/** Leads to the next page of a list, with the same query, and back to the first. Says so where only some were looked at. */
export function pageLinks<T>(
  { rows, isDone, passed }: Page<T>,
  {
    query,
    idOf,
    labels = [eventWords.newest, eventWords.more],
  }: {
    readonly query: Readonly<Record<string, string>>
    readonly idOf: (row: T) => string
    readonly labels?: readonly [first: string, next: string]
  },
): Part {
  const { after, ...same } = query
  const linkTo = (more: Readonly<Record<string, string>>): string =>
    `?${new URLSearchParams({ ...same, ...more }).toString()}`
  const last = rows.at(-1)
  const next = isDone ? null : (passed?.id ?? (last === undefined ? null : idOf(last)))
  const links = [
    after === undefined ? [] : [html`<a href="${linkTo({})}">${labels[0]}</a>`],
    next === null ? [] : [html`<a href="${linkTo({ after: next })}">${labels[1]}</a>`],
    passed === null ? [] : [html`<span class="note">${eventWords.notAll}</span>`],
  ].flat()
  return links.length === 0 ? '' : html`<div class="pages">${links}</div>`
}

/** What the query asks for, as the page's own links have it. */
export function queryOf({ context }: PageRequest): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(context.req.query()).filter(([, value]) => value !== ''))
}
