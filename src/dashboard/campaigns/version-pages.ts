import { html, Markup, timeText, type Part } from '../../report/report.ts'
import { card, mark } from '../frame/parts.ts'
import type { Page, PageRoute, Visit } from '../frame/visit.ts'
import { words } from '../words.ts'
import { campaignPage } from './campaign-frame.ts'

const { versions: say } = words

export const versionPages: readonly PageRoute[] = [
  { method: 'get', path: '/campaigns/:campaign/versions', handle: versionsPage },
]

async function versionsPage(visit: Visit): Promise<Page> {
  const campaign = visit.param('campaign')
  const { versions, history } = await visit.ask('listVersions', { params: { campaign } })
  const rows = versions.map(
    ({ version, made_at, is_active, files }) =>
      html`<tr>
        <th scope="row">${say.version} ${version} ${is_active ? mark(words.campaigns.active, 'is-good') : ''}</th>
        <td>${timeText(made_at)}</td>
        <td>${files.map((file) => html`<code>${file}</code> `)}</td>
        <td>${version === 1 ? '' : html`<a href="?from=${version - 1}&to=${version}">${say.diff(version - 1)}</a>`}</td>
        <td>
          ${
            is_active || !visit.may('activateCampaign')
              ? ''
              : visit.post(
                  `/campaigns/${campaign}/activate`,
                  html`<input type="hidden" name="version" value="${version}" /><button>${say.activate}</button>`,
                )
          }
        </td>
      </tr>`,
  )
  const told = history.map(
    ({ version, activated_at, activated_by, deactivated_at, deactivated_by }) =>
      html`<li>
        ${say.version} ${version}: ${timeText(activated_at)}, ${activated_by}
        ${deactivated_at === null ? '' : html`, ${say.until} ${timeText(deactivated_at)} ${deactivated_by ?? ''}`}
      </li>`,
  )
  const content = [
    await diff(visit, campaign),
    card(
      say.title,
      html`<div class="wide">
        <table class="stacked">
          <tbody>
            ${rows}
          </tbody>
        </table>
      </div>`,
    ),
    told.length === 0
      ? ''
      : card(
          say.history,
          html`<ul>
            ${told}
          </ul>`,
        ),
  ]
  return campaignPage(visit, { tab: '/versions', content })
}

async function diff(visit: Visit, campaign: string): Promise<Part> {
  const [from, to] = [visit.query('from'), visit.query('to')]
  if (from === null || to === null) return ''
  const told = await visit.ask('diffVersions', { params: { campaign }, query: { from, to } })
  const lines = told.diff.split('\n').map((line) => {
    const kind = line.startsWith('+') ? 'come' : line.startsWith('-') ? 'gone' : ''
    // What stands at the beginning of a line is kept by the line's own element.
    return html`<span class="${kind}">${keptBlanks(line)}</span>${LINE_BREAK}`
  })
  return card(say.changes(told.from, told.to), html`<pre tabindex="0"><code>${lines}</code></pre>`)
}

const LINE_BREAK = new Markup('\n')

function keptBlanks(line: string): Part {
  return line.split(/( +)/).map((piece, at) => (at % 2 === 1 ? new Markup(piece) : piece))
}
