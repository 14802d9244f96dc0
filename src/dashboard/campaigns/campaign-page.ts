import { formatNumber, html, timeText, type Markup, type Part } from '../../report/report.ts'
import { card, code, facts, stateMark, type Shown } from '../frame/parts.ts'
import { seeOther } from '../frame/page-request.ts'
import type { Page, PageRoute, Visit } from '../frame/visit.ts'
import { standingBar } from '../runs/standing.ts'
import { words } from '../words.ts'
import { campaignPage, problemsCard, warningsList } from './campaign-frame.ts'

const { campaign: say } = words
const LAST_RUNS = 8
const LAST_FIRINGS = 8

export const campaignOverviewPages: readonly PageRoute[] = [
  { method: 'get', path: '/campaigns/:campaign', handle: overview },
  { method: 'get', path: '/campaigns/:campaign/validate', handle: validation },
  ...(['activate', 'deactivate'] as const).map((verb): PageRoute => ({
    method: 'post',
    path: `/campaigns/:campaign/${verb}`,
    handle: async (visit) => {
      const campaign = visit.param('campaign')
      const version = visit.field('version')
      if (verb === 'deactivate') await visit.ask('deactivateCampaign', { params: { campaign } })
      else {
        const body = version === null ? {} : { version: Number(version) }
        await visit.ask('activateCampaign', { params: { campaign }, body })
      }
      return seeOther(`/campaigns/${campaign}`)
    },
  })),
]

async function overview(visit: Visit): Promise<Page> {
  const campaign = visit.param('campaign')
  const shown = await visit.ask('getCampaign', { params: { campaign } })
  const { problems, webhook, audience, trigger, schedule, event, files, name } = shown
  const told: Shown[] = [[say.trigger, trigger === null ? '–' : words.campaigns.triggers[trigger]]]
  if (schedule !== null) told.push([say.schedule, html`<code>${schedule.cron}</code> ${schedule.timezone}`])
  if (event !== null) told.push([say.event, html`<code>${event}</code>`])
  if (audience !== null) told.push([say.audience, html`<code>${audience}</code>`])
  if (webhook !== null) told.push([say.calls, html`<code>${webhook.method} ${webhook.url}</code>`])
  const validate = visit.may('validateCampaign')
    ? html`<p><a class="button" href="/campaigns/${campaign}/validate">${say.validate}</a></p>`
    : ''
  const content = [
    problems.length > 0 ? [problemsCard(problems), validate] : '',
    trigger === null || trigger === 'now' ? '' : await activation(visit, campaign),
    problems.length > 0 ? '' : card(say.what, [facts(told), validate]),
    name === null ? '' : await lastRuns(visit, name),
    schedule === null || name === null ? '' : firings(visit, name),
    Object.entries(files).map(([file, text]) => card(file, code(text))),
  ]
  return campaignPage(visit, { tab: '', content })
}

async function activation(visit: Visit, campaign: string): Promise<Part> {
  if (visit.services.starters === null) return ''
  const { active_version, activated_at, activated_by, current_version, next_due_at } = await visit.ask(
    'getActivation',
    {
      params: { campaign },
    },
  )
  const isNew = current_version !== null && current_version !== active_version
  const at = `/campaigns/${campaign}`
  const told: Shown[] = [[say.activeVersion, active_version ?? words.none]]
  if (activated_at !== null) told.push([say.activatedAt, timeText(activated_at)], [say.activatedBy, activated_by ?? ''])
  if (next_due_at !== null) told.push([say.nextDue, timeText(next_due_at)])
  return card(say.activation, [
    html`<p>${active_version === null ? say.notActive : isNew ? say.changed : say.isActive}</p>`,
    facts(told),
    html`<div class="actions">
      ${
        isNew
          ? visit.button('activateCampaign', `${at}/activate`, {
              label: say.activate(current_version),
              kind: 'main-action',
            })
          : ''
      }
      ${isNew && active_version !== null ? html`<a class="button" href="${at}/versions?from=${active_version}&to=${current_version}">${say.compare}</a>` : ''}
      ${active_version === null ? '' : visit.button('deactivateCampaign', `${at}/deactivate`, { label: say.deactivate })}
    </div>`,
  ])
}

async function lastRuns(visit: Visit, name: string): Promise<Markup> {
  const { runs } = await visit.ask('listRuns', { query: { campaign: name, limit: LAST_RUNS } })
  if (runs.length === 0) return card(say.lastRuns, html`<p class="nothing">${say.noRuns}</p>`)
  const rows = runs.flatMap((run) =>
    'error' in run
      ? []
      : [
          html`<tr>
            <th scope="row">
              <a href="/runs/${run.run_id}">${run.started_at === null ? run.run_id : timeText(run.started_at)}</a>
            </th>
            <td>${stateMark(run.state)}</td>
            <td class="standing">${standingBar(run)}</td>
          </tr>`,
        ],
  )
  return card(
    say.lastRuns,
    html`<table class="runs-table stacked">
      <tbody>
        ${rows}
      </tbody>
    </table>`,
  )
}

/** What became of the last instants of its schedule. */
function firings({ services: { starters } }: Visit, name: string): Part {
  const found = starters?.firings.list(name, { before: null, limit: LAST_FIRINGS }) ?? []
  if (found.length === 0) return ''
  return card(
    say.firings,
    html`<table class="stacked">
      <tbody>
        ${found.map(
          ({ dueAt, state, version, message, runId }) =>
            html`<tr>
              <th scope="row">${timeText(new Date(dueAt).toISOString())}</th>
              <td>${runId === null ? state : html`<a href="/runs/${runId}">${state}</a>`}</td>
              <td>${say.version} ${version}</td>
              <td>${message ?? ''}</td>
            </tr>`,
        )}
      </tbody>
    </table>`,
  )
}

/** Everything that a run would check first. */
async function validation(visit: Visit): Promise<Page> {
  const { is_valid, problems, more, warnings, audience } = await visit.ask('validateCampaign', {
    params: { campaign: visit.param('campaign') },
  })
  const told: Shown[] =
    audience === null
      ? []
      : [
          [say.customers, formatNumber(audience.customers)],
          [say.duplicates, formatNumber(audience.duplicates)],
          ...Object.entries(audience.suppressed).map(([reason, count]): Shown => [reason, formatNumber(count)]),
        ]
  const content = is_valid
    ? card(say.validated, [html`<p class="verdict">${say.valid}</p>`, facts(told), warningsList(warnings)])
    : problemsCard(problems, more)
  return campaignPage(visit, { tab: '', content })
}
