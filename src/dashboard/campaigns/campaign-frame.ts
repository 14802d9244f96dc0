import type { OperationId } from '../../api/api.ts'
import { html, type Markup, type Part } from '../../report/report.ts'
import { card, head } from '../frame/parts.ts'
import type { Page, Visit } from '../frame/visit.ts'
import { words } from '../words.ts'

const { campaign: say } = words

const TABS: readonly (readonly [path: string, label: string, id: OperationId])[] = [
  ['', say.tabs.overview, 'getCampaign'],
  ['/preview', say.tabs.preview, 'previewCampaign'],
  ['/dry-run', say.tabs.dryRun, 'dryRunCampaign'],
  ['/versions', say.tabs.versions, 'listVersions'],
]

/** A page of a campaign: its name, its tabs, what can be pressed. */
export function campaignPage(
  visit: Visit,
  { tab, below = '', content }: { readonly tab: string; readonly below?: Part; readonly content: Part },
): Page {
  const campaign = visit.param('campaign')
  const at = `/campaigns/${campaign}`
  const run = visit.may('startRun') ? html`<a class="button main-action" href="${at}/run">${say.run}</a>` : ''
  const tabs = TABS.filter(([, , id]) => visit.may(id)).map(
    ([path, label]) => html`<a href="${at}${path}" ${path === tab ? html`aria-current="page"` : ''}>${label}</a>`,
  )
  return {
    title: campaign,
    place: 'campaigns',
    content: [
      head({ path: [[words.campaigns.title, '/campaigns']], title: campaign, below, actions: run }),
      html`<nav class="tabs" aria-label="${campaign}">${tabs}</nav>`,
      content,
    ],
  }
}

interface ShownProblem {
  readonly file: string
  readonly line: number | null
  readonly column: number | null
  readonly message: string
}

/** What is wrong with a campaign, each with its place. */
export function problemsCard(problems: readonly ShownProblem[], more = 0): Markup {
  return card(
    say.problems,
    html`<ul class="alarm problems">
        ${problems.map(
          ({ file, line, column, message }) =>
            html`<li><code>${[file, line, column].filter((part) => part !== null).join(':')}</code> ${message}</li>`,
        )}
      </ul>
      ${more > 0 ? html`<p class="note">${say.more(more)}</p>` : ''}`,
  )
}

interface ShownWarning {
  readonly code: string
  readonly message: string
  readonly count: number
}

export function warningsList(warnings: readonly ShownWarning[]): Part {
  return warnings.map(
    ({ code, message, count }) =>
      html`<p class="notice">
        <code>${code}</code> ${message} ${count > 1 ? html`<span class="note">${say.times(count)}</span>` : ''}
      </p>`,
  )
}
