import { CAPABILITIES, isCapable } from '../../access/access.ts'
import { formatNumber, html, instantOf, sentence, timeText, type Markup } from '../../report/report.ts'
import { documentOf, LOGO } from '../frame/frame.ts'
import type { PortalPage, PortalVisit } from './portal-visit.ts'
import { PORTAL_PLACES, portalWords as words, type PortalPlace } from './words.ts'

const DAY_MS = 86_400_000

/** Puts the page of a link's holder around its content. */
export function portalPage(visit: PortalVisit, { title, place, content, live = null }: PortalPage): string {
  return documentOf({
    title: `${title} · ${words.title}`,
    bar: topBar(visit, place),
    content,
    live,
    below: footer(visit),
  })
}

/** Of whom it is not said what was wrong with their link: one that never was looks like one that has ended. */
export function closedPage(message: string = words.closed.what): string {
  const content = html`<div class="narrow">
    <p class="brand">${LOGO}${words.title}</p>
    <div class="card">
      <h1>${words.closed.title}</h1>
      <p>${message}</p>
      <p>${words.closed.todo}</p>
    </div>
  </div>`
  return documentOf({ title: `${words.closed.title} · ${words.title}`, bar: '', content })
}

/** What somebody who asked for something is told of why it was not done. */
export function problemPart(detail: string, back: string): Markup {
  return html`<div class="head"><h1>${words.problem.title}</h1></div>
    <div class="alarm" role="alert">${detail.split('\n').map((line) => html`<p>${sentence(line)}</p>`)}</div>
    <p class="pages"><a href="${back}">${words.problem.back}</a></p>`
}

function topBar(visit: PortalVisit, place: PortalPlace | null): Markup {
  const { app } = visit
  return html`<header class="bar-top">
    <div>
      <a class="brand" href="${visit.at('')}">${LOGO}${words.title}</a>
      <nav aria-label="Main">
        ${PORTAL_PLACES.map(
          (one) =>
            html`<a href="${visit.at(`/${one}`)}" ${one === place ? html`aria-current="page"` : ''}
              >${words.nav[one]}</a
            >`,
        )}
      </nav>
      <div class="who"><span class="name">${app.name}</span></div>
    </div>
  </header>`
}

function footer({ holder, services }: PortalVisit): Markup {
  const { expiresAt, actor } = holder
  const isReadOnly = CAPABILITIES.every((capability) => capability === 'ViewBase' || !isCapable(actor, capability))
  const left = Math.max(1, Math.ceil((expiresAt - services.clock.now()) / DAY_MS))
  const days = `${formatNumber(left)} ${left === 1 ? words.link.day : words.link.days}`
  return html`<footer>
    ${words.link.until} ${timeText(instantOf(expiresAt)!)} (${days}).
    ${isReadOnly ? words.link.readOnly : words.link.secret}
  </footer>`
}
