import { html, type Part } from '../../../report/report.ts'
import type { PageRequest } from '../../frame/page-request.ts'
import { head, select } from '../../frame/parts.ts'
import { eventWords } from '../words.ts'
import { attemptsList } from './attempts.ts'
import { pageAfter, pageLinks, queryOf } from './paging.ts'
import type { EndpointView, PathTo } from './view.ts'

const PER_PAGE = 50
const { attempts: say } = eventWords

/** All attempts of an endpoint, newest first, by whether they arrived. */
export function endpointAttempts(
  view: EndpointView,
  { path, request }: { readonly path: PathTo; readonly request: PageRequest },
): Part {
  const { endpoint, events } = view
  const result = request.query('result')
  const hasSucceeded = result === 'arrived' ? true : result === 'failed' ? false : null
  const query = pageAfter(request.query('after'), { limit: PER_PAGE, order: 'descending' })
  const found = events.attempts.ofEndpoint(endpoint, { ...query, hasSucceeded })
  const options: readonly [string, string][] = [
    ['', say.all],
    ['arrived', say.good],
    ['failed', say.bad],
  ]
  return [
    head({ path, title: say.title }),
    html`<section class="card">
      <form class="line">
        <label>${say.only} ${select('result', options, result)}</label>
        <button>${eventWords.apps.button}</button>
      </form>
      ${attemptsList(view, found.rows, { of: 'endpoint', nothing: say.nothingLike })}
      ${pageLinks(found, { query: queryOf(request), idOf: ({ id }) => id })}
    </section>`,
  ]
}
