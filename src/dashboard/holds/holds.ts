import { formatNumber, html, sentence, timeText, type Markup } from '../../report/report.ts'
import { facts, head, mark, type Shown } from '../frame/parts.ts'
import { seeOther } from '../frame/page-request.ts'
import type { Page, PageRoute, Visit } from '../frame/visit.ts'
import { words } from '../words.ts'

const { holds: say } = words

/** Campaigns of events that a stop keeps from calling, until somebody lets them go on. */
export const holdPages: readonly PageRoute[] = [
  { method: 'get', path: '/holds', handle: holdsPage },
  { method: 'post', path: '/holds/:campaign/release', handle: release },
]

async function holdsPage(visit: Visit): Promise<Page> {
  const { holds } = await visit.ask('listHolds')
  const { campaigns } = await visit.ask('listCampaigns', { query: { limit: 200 } })
  const folderOf = (campaign: string): string => campaigns.find(({ name }) => name === campaign)?.campaign ?? campaign
  const content = [
    head({ title: say.title, below: html`<p class="note">${say.what}</p>` }),
    holds.length === 0
      ? html`<section class="card"><p class="nothing">${say.nothing}</p></section>`
      : holds.map((hold) => shown(hold, folderOf(hold.campaign), visit)),
  ]
  return { title: say.title, place: 'holds', content }
}

interface Hold {
  readonly campaign: string
  readonly run_id: string | null
  readonly rule: string
  readonly message: string
  readonly held_at: string
  readonly waiting: number
}

function shown(
  { campaign, run_id: runId, rule, message, held_at: heldAt, waiting }: Hold,
  folder: string,
  visit: Visit,
): Markup {
  const told: Shown[] = [
    [say.since, timeText(heldAt)],
    [say.waiting, formatNumber(waiting)],
    [words.run.rule, html`<code>${rule}</code>`],
  ]
  if (runId !== null) told.push([words.run.facts.run, html`<a href="/runs/${runId}">${runId}</a>`])
  const at = `/holds/${encodeURIComponent(folder)}/release`
  const discard = html`<input type="hidden" name="discard" value="on" /><button class="danger">
      ${say.discardButton}
    </button>`
  return html`<section class="card">
    <h2>${campaign} ${mark(say.held, 'is-bad')}</h2>
    <p class="stop">${sentence(message)}</p>
    ${facts(told)}
    ${
      visit.may('releaseHold')
        ? html`<div class="actions">
            ${visit.button('releaseHold', at, { label: say.release, kind: 'main-action' })}
            <details class="more" id="discard-${folder}">
              <summary>${say.discard}</summary>
              <p>${say.discardSure}</p>
              ${visit.post(at, discard)}
            </details>
          </div>`
        : ''
    }
  </section>`
}

async function release(visit: Visit): Promise<Response> {
  const params = { campaign: visit.param('campaign') }
  await visit.ask('releaseHold', { params, body: { discard: visit.field('discard') === 'on' } })
  return seeOther('/holds')
}
