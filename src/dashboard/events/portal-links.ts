import { PORTAL_LONGEST_MS, portalUrl } from '../../access/access.ts'
import { html, timeText } from '../../report/report.ts'
import { card, code } from '../frame/parts.ts'
import { seeOther } from '../frame/page-request.ts'
import type { Page, PageRoute, Visit } from '../frame/visit.ts'
import { endpointsPage } from './app-page.ts'
import { appOf, refuseUnless } from './desk.ts'
import { timeOf } from './parts/view.ts'
import { eventWords } from './words.ts'

const { portal: say } = eventWords

export const portalLinkPages: readonly PageRoute[] = [
  { method: 'post', path: '/events/apps/:app/portal', handle: openLink },
  { method: 'post', path: '/events/apps/:app/portal/end', handle: endLinks },
]

/** Only the answer to the press has the link: nobody can look it up later. */
async function openLink(visit: Visit): Promise<Page> {
  refuseUnless(visit, 'reveal')
  const { app, note } = appOf(visit)
  const { tokens, settings, clock } = visit.services
  const access = { app: app.id, lastsMs: PORTAL_LONGEST_MS, capabilities: null, session: null }
  const token = await tokens.openPortal(access, visit.actor.id)
  await note('portal.opened', app.id)
  const url = portalUrl(settings.server.publicUrl ?? new URL(visit.context.req.url).origin, token)
  const until = timeText(timeOf(clock.now() + PORTAL_LONGEST_MS))
  const shown = card(say.made, [
    html`<div class="secret">${code(url)}</div>`,
    html`<p class="note">${say.until} ${until}. ${say.whoever}</p>`,
  ])
  return endpointsPage(visit, shown)
}

async function endLinks(visit: Visit): Promise<Response> {
  refuseUnless(visit, 'reveal')
  const { app, at, note } = appOf(visit)
  await visit.services.tokens.expireOf(app.id, { inMs: 0, sessions: null })
  await note('portal.closed', app.id)
  return seeOther(at)
}
