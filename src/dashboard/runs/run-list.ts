import { RUN_STATES, type RunState } from '../../campaign/result.ts'
import { knownRun } from '../../api/api.ts'
import { listRunIds } from '../../ledger/run-folder.ts'
import { html, readRun, sentence, timeText, type Markup, type Part, type RunSummary } from '../../report/report.ts'
import { liveResponse, type LiveParts } from '../frame/live.ts'
import { head, live, mark, select, stateMark } from '../frame/parts.ts'
import type { Page, PageRoute, Visit } from '../frame/visit.ts'
import { words } from '../words.ts'
import { startedBy } from './origin.ts'
import { SeenPaces, type SeenPace } from './pace.ts'
import { standingBar } from './standing.ts'

const PER_PAGE = 25
const LOOK_MS = 1000
const RESTING_LOOKS = 5
const { columns, filter } = words.runs

/** A row of the list. What cannot be told by one look is null. */
interface ShownRun {
  readonly summary: RunSummary
  readonly by: string
  readonly pace: SeenPace | null
}

export const runListPages: readonly PageRoute[] = [
  { method: 'get', path: '/runs', handle: listPage },
  { method: 'get', path: '/runs/live', handle: liveList },
]

async function listPage(visit: Visit): Promise<Page> {
  const [campaign, wanted, cursor] = [visit.query('campaign'), visit.query('state'), visit.query('after')]
  const state = RUN_STATES.find((one) => one === wanted) ?? null
  const { runs, next_cursor: next } = await visit.ask('listRuns', {
    query: {
      limit: PER_PAGE,
      ...(campaign === null ? {} : { campaign }),
      ...(state === null ? {} : { state }),
      ...(cursor === null ? {} : { cursor }),
    },
  })
  const isFiltered = campaign !== null || state !== null
  const paces = new SeenPaces()
  const shown = runs.map((summary) => shownRun(summary as RunSummary, { visit, paces }))
  const query = new URLSearchParams({ campaign: campaign ?? '', state: state ?? '', after: next ?? '' })
  const content = [
    head({ title: words.runs.title, actions: await startForm(visit) }),
    html`<section class="card">
      ${filters({ campaign, state })} ${live('runs', table(shown, isFiltered))}
      <div class="pages">
        ${cursor === null ? '' : html`<a href="/runs">${words.pages.first}</a>`}
        ${next === null ? '' : html`<a href="/runs?${query.toString()}">${words.pages.next}</a>`}
      </div>
    </section>`,
  ]
  const isLive = !isFiltered && cursor === null
  return { title: words.runs.title, place: 'runs', content, live: isLive ? '/runs/live' : null }
}

async function liveList(visit: Visit): Promise<Response> {
  await visit.ask('listRuns', { query: { limit: 1 } })
  const { clock, settings } = visit.services
  const paces = new SeenPaces()
  const known = new Map<string, ShownRun>()
  let looks = 0
  const look = (): LiveParts => {
    looks++
    const rows = listRunIds(settings.data)
      .slice(0, PER_PAGE)
      .map((runId) => {
        const last = known.get(runId)
        // What does not go on may be resumed: that is seen a little later.
        const isResting = last !== undefined && !('error' in last.summary) && last.summary.state !== 'running'
        const row =
          isResting && looks % RESTING_LOOKS !== 0
            ? last
            : shownRun(readRun(settings.data, runId), { visit, paces, last })
        known.set(runId, row)
        return row
      })
    return { parts: { runs: table(rows, false) }, isOver: false }
  }
  return liveResponse(look, { clock, everyMs: LOOK_MS })
}

function shownRun(
  summary: RunSummary,
  { visit, paces, last }: { readonly visit: Visit; readonly paces: SeenPaces; readonly last?: ShownRun | undefined },
): ShownRun {
  const { services } = visit
  if ('error' in summary) return { summary, by: '', pace: null }
  const by = last?.by ?? startedBy(knownRun(summary.run_id, services), services)
  const pace = summary.state === 'running' ? paces.look(summary.run_id, summary, services.clock.now()) : null
  return { summary, by, pace }
}

async function startForm(visit: Visit): Promise<Part> {
  if (!visit.may('startRun')) return ''
  const { campaigns } = await visit.ask('listCampaigns', { query: { limit: 200 } })
  if (campaigns.length === 0) return ''
  const options = campaigns.map(({ campaign, name }): [string, string] => [campaign, name ?? campaign])
  return html`<form action="/campaigns" class="line">
    <label>${words.runs.choose} ${select('run', options, null)}</label>
    <button class="main-action">${words.runs.start}</button>
  </form>`
}

function filters({ campaign, state }: { readonly campaign: string | null; readonly state: RunState | null }): Markup {
  const states = RUN_STATES.map((one): [string, string] => [one, one])
  return html`<form class="line">
    <label>${filter.campaign} <input name="campaign" value="${campaign ?? ''}" /> </label>
    <label>${filter.state} ${select('state', [['', filter.all], ...states], state)}</label>
    <button>${filter.button}</button>
  </form>`
}

function table(runs: readonly ShownRun[], isFiltered: boolean): Markup {
  if (runs.length === 0) {
    return html`<p class="nothing">${sentence(isFiltered ? words.runs.nothingLike : words.runs.nothing)}</p>`
  }
  return html`<div class="wide">
    <table class="runs-table stacked">
      <thead>
        <tr>
          <th scope="col">${columns.campaign}</th>
          <th scope="col">${columns.state}</th>
          <th scope="col">${columns.standing}</th>
          <th scope="col" class="number">${columns.rate}</th>
          <th scope="col" class="number">${columns.eta}</th>
          <th scope="col">${columns.by}</th>
          <th scope="col">${columns.at}</th>
        </tr>
      </thead>
      <tbody>
        ${runs.map(row)}
      </tbody>
    </table>
  </div>`
}

function row({ summary, by, pace }: ShownRun): Markup {
  if ('error' in summary) {
    return html`<tr>
      <th scope="row"><code>${summary.run_id}</code></th>
      <td>${mark(words.runs.unreadable, 'is-bad')}</td>
      <td colspan="5">${summary.error.message}</td>
    </tr>`
  }
  const { run_id: runId, campaign, state, started_at: startedAt } = summary
  return html`<tr>
    <th scope="row">
      <a href="/runs/${runId}">${campaign}</a><br /><span class="note mono">${runId.slice(-12)}</span>
    </th>
    <td>${stateMark(state)}</td>
    <td class="standing">${standingBar(summary)}</td>
    <td class="number" data-label="${columns.rate}">${pace?.rate ?? '–'}</td>
    <td class="number" data-label="${columns.eta}">${pace?.left ?? '–'}</td>
    <td data-label="${columns.by}">${by}</td>
    <td class="short">${startedAt === null ? '–' : timeText(startedAt)}</td>
  </tr>`
}
