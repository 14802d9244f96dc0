import { formatNumber, html, type Part } from '../../report/report.ts'
import { facts, type Shown } from '../frame/parts.ts'
import type { Page, PageRoute, Visit } from '../frame/visit.ts'
import { profileName } from './app-list.ts'
import { appOf, appPage } from './desk.ts'
import { pageAfter, pageLinks, queryOf } from './parts/paging.ts'
import { endpointsTable } from './parts/endpoints-table.ts'
import type { AppView } from './parts/view.ts'
import { eventWords } from './words.ts'

const PER_PAGE = 25
const { app: say, portal: sayPortal } = eventWords

export const appPages: readonly PageRoute[] = [
  { method: 'get', path: '/events/apps/:app', handle: async (visit) => endpointsPage(visit) },
]

/** The endpoints of an app, below what has just been done for it. */
export function endpointsPage(visit: Visit, done: Part = ''): Page {
  const view = appOf(visit)
  const page = view.events.endpoints.list(
    view.app,
    pageAfter(visit.query('after'), { limit: PER_PAGE, order: 'descending' }),
  )
  const content = html`${done}
    <section class="card">
      ${page.rows.length === 0 ? html`<p class="nothing">${say.nothing}</p>` : endpointsTable(view, page.rows)}
      ${pageLinks(page, { query: queryOf(visit), idOf: ({ id }) => id })}
    </section>`
  return appPage(view, { tab: '', below: factsOf(view), actions: portalButton(view), content })
}

/** How the app's own people are let in. */
function portalButton({ at, may, post }: AppView): Part {
  if (!may('reveal')) return ''
  return html`<details class="confirm" id="portal">
    <summary class="button">${sayPortal.open}</summary>
    <div>
      <p>${sayPortal.what}</p>
      <div class="actions">
        ${post(`${at}/portal`, html`<button class="main-action">${sayPortal.make}</button>`)}
        ${post(`${at}/portal/end`, html`<button class="danger">${sayPortal.end}</button>`)}
      </div>
    </div>
  </details>`
}

/** Who the app is, and how much of its ceilings it takes. */
export function factsOf({ events, app }: AppView): Part {
  const { backlog, bytes } = events.ceilings.usageOf(app)
  const { most } = events.ceilings
  const shown: Shown[] = [[say.id, html`<code>${app.id}</code>`]]
  if (app.uid !== null) shown.push([say.uid, html`<code>${app.uid}</code>`])
  shown.push(
    [say.profile, profileName(events, app)],
    [say.waiting, html`${formatNumber(backlog)} <span class="note">${say.of(formatNumber(most.backlog))}</span>`],
    [say.kept, html`${bytesText(bytes)} <span class="note">${say.of(bytesText(most.bytes))}</span>`],
  )
  return facts(shown)
}

const UNITS = ['B', 'KiB', 'MiB', 'GiB'] as const

function bytesText(bytes: number): string {
  const power = Math.min(UNITS.length - 1, Math.floor(Math.log2(Math.max(1, bytes)) / 10))
  const value = bytes / 1024 ** power
  return `${formatNumber(value < 10 ? Math.round(value * 10) / 10 : Math.round(value))} ${UNITS[power]!}`
}
