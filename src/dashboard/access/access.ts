import { html, timeText, type Part } from '../../report/report.ts'
import { card, head, mark } from '../frame/parts.ts'
import type { Page, PageRoute, Visit } from '../frame/visit.ts'
import { words } from '../words.ts'

const PER_PAGE = 50
const { access: say } = words

/** Who may do what, and who did what: for administrators. */
export const accessPages: readonly PageRoute[] = [{ method: 'get', path: '/access', handle: accessPage }]

async function accessPage(visit: Visit): Promise<Page> {
  const after = visit.query('after')
  const { entries, next_cursor: next } = await visit.ask('listAudit', {
    query: { limit: PER_PAGE, ...(after === null ? {} : { cursor: after }) },
  })
  const rows = entries.map(
    ({ at, actor, action, subject, detail }) =>
      html`<tr>
        <th scope="row">${timeText(at)}</th>
        <td>${actor.name}</td>
        <td><code>${action}</code></td>
        <td>${subject ?? ''}</td>
        <td class="note">${Object.keys(detail).length === 0 ? '' : JSON.stringify(detail)}</td>
      </tr>`,
  )
  const content = [
    head({ title: say.title }),
    after === null ? await tokens(visit) : '',
    card(say.audit, [
      html`<div class="wide" tabindex="0" role="region" aria-label="${say.audit}">
        <table class="stacked">
          <tbody>
            ${rows}
          </tbody>
        </table>
      </div>`,
      next === null ? '' : html`<p><a href="?after=${next}">${words.pages.next}</a></p>`,
    ]),
  ]
  return { title: say.title, place: 'access', content }
}

async function tokens(visit: Visit): Promise<Part> {
  const { tokens } = await visit.ask('listTokens', { query: { limit: PER_PAGE } })
  const rows = tokens.map(
    ({ name, role, grants, prefix, used_at: usedAt, expires_at: expiresAt, revoked_at: revokedAt }) =>
      html`<tr>
        <th scope="row">${name} ${revokedAt === null ? '' : mark(say.revoked, 'is-quiet')}</th>
        <td>${[role, ...grants].join(', ')}</td>
        <td><code>${prefix}…</code></td>
        <td data-label="${say.used}">${usedAt === null ? words.never : timeText(usedAt)}</td>
        <td data-label="${say.expires}">${expiresAt === null ? words.never : timeText(expiresAt)}</td>
      </tr>`,
  )
  return card(
    say.tokens,
    html`<table class="stacked">
      <thead>
        <tr>
          <th scope="col">${say.name}</th>
          <th scope="col">${say.role}</th>
          <th scope="col">${say.begins}</th>
          <th scope="col">${say.used}</th>
          <th scope="col">${say.expires}</th>
        </tr>
      </thead>
      <tbody>
        ${rows}
      </tbody>
    </table>`,
  )
}
