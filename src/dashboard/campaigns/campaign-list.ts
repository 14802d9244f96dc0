import { html, timeText, type Markup } from '../../report/report.ts'
import { head, mark } from '../frame/parts.ts'
import { seeOther } from '../frame/page-request.ts'
import type { Page, PageRoute, Visit } from '../frame/visit.ts'
import { words } from '../words.ts'

const PER_PAGE = 50
const { campaigns: say } = words

export const campaignListPages: readonly PageRoute[] = [{ method: 'get', path: '/campaigns', handle: listPage }]

async function listPage(visit: Visit): Promise<Page | Response> {
  // Where the list of runs sends whoever wants to start one.
  const wanted = visit.query('run')
  if (wanted !== null) return seeOther(`/campaigns/${encodeURIComponent(wanted)}/run`)
  const after = visit.query('after')
  const query = { limit: PER_PAGE, ...(after === null ? {} : { cursor: after }) }
  const { campaigns, next_cursor: next } = await visit.ask('listCampaigns', { query })
  const rows = await Promise.all(campaigns.map(async (one) => await row(one, visit)))
  const table = html`<table class="stacked">
    <thead>
      <tr>
        <th scope="col">${say.name}</th>
        <th scope="col">${say.trigger}</th>
        <th scope="col">${say.state}</th>
        <th scope="col">${say.next}</th>
      </tr>
    </thead>
    <tbody>
      ${rows}
    </tbody>
  </table>`
  const content = [
    head({ title: say.title }),
    html`<section class="card">
      ${campaigns.length === 0 ? html`<p class="nothing">${say.nothing}</p>` : table}
      ${next === null ? '' : html`<p><a href="?after=${encodeURIComponent(next)}">${words.pages.next}</a></p>`}
    </section>`,
  ]
  return { title: say.title, place: 'campaigns', content }
}

interface Listed {
  readonly campaign: string
  readonly name: string | null
  readonly trigger: 'now' | 'schedule' | 'event' | null
  readonly problems: readonly unknown[]
}

async function row({ campaign, name, trigger, problems }: Listed, visit: Visit): Promise<Markup> {
  const isStarted = problems.length === 0 && trigger !== 'now' && visit.services.starters !== null
  const activation = isStarted ? await visit.ask('getActivation', { params: { campaign } }) : null
  const next = activation?.next_due_at ?? null
  return html`<tr>
    <th scope="row">
      <a href="/campaigns/${campaign}">${campaign}</a>
      ${name === null || name === campaign ? '' : html`<span class="note">${name}</span>`}
    </th>
    <td data-label="${say.trigger}">${trigger === null ? '–' : say.triggers[trigger]}</td>
    <td>${problems.length > 0 ? mark(say.problems(problems.length), 'is-bad') : standing(activation)}</td>
    <td data-label="${say.next}">${next === null ? '–' : timeText(next)}</td>
  </tr>`
}

interface Activation {
  readonly active_version: number | null
  readonly current_version: number | null
}

function standing(activation: Activation | null): Markup {
  if (activation === null) return mark(say.ready, 'is-quiet')
  const { active_version: active, current_version: current } = activation
  if (active === null) return mark(say.inactive, 'is-quiet')
  return active === current ? mark(say.active, 'is-good') : mark(say.waits, '')
}
