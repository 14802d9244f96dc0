import type { Actor } from '../../access/access.ts'
import type { ProblemDetails } from '../../api/api.ts'
import { html, Markup, sentence, type Part } from '../../report/report.ts'
import { PLACES, words, type Place } from '../words.ts'
import { ASSET_PATHS } from './assets.ts'

export interface Framed {
  readonly title: string
  readonly place?: Place | null
  readonly content: Part
  readonly live?: string | null
  /** Null for somebody who is not signed in. */
  readonly who: { readonly actor: Actor; readonly formToken: string } | null
}

export const LOGO = new Markup(
  '<svg viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2.4" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true"><path d="M9 3v10.5a4.5 4.5 0 1 0 9 0V12m0 0-3 3m3-3 3 3"/></svg>',
)
export const brand = html`<a class="brand" href="/runs">${LOGO}${words.product}</a>`

/** Puts the page around its content. */
export function framed({ title, place = null, content, live = null, who }: Framed): string {
  return documentOf({
    title: `${title} · ${words.product}`,
    bar: who === null ? '' : topBar(who, place),
    content,
    live,
  })
}

/** The page as a browser gets it: the bar at the top, what it says, and what stands below. */
export function documentOf({
  title,
  bar,
  content,
  live = null,
  below = '',
}: {
  readonly title: string
  readonly bar: Part
  readonly content: Part
  readonly live?: string | null
  readonly below?: Part
}): string {
  const page = html`<html lang="en" data-plot="${ASSET_PATHS.plot}">
    <head>
      <meta charset="utf-8" />
      <meta name="viewport" content="width=device-width, initial-scale=1" />
      <meta name="color-scheme" content="light dark" />
      <meta name="robots" content="noindex" />
      <title>${title}</title>
      <link rel="icon" href="${ASSET_PATHS.icon}" type="image/svg+xml" />
      <link rel="stylesheet" href="${ASSET_PATHS.style}" />
      <script type="module" src="${ASSET_PATHS.script}"></script>
    </head>
    <body>
      <a class="skip" href="#content">${words.skip}</a>
      ${bar}
      <main id="content" ${live === null ? '' : html`data-live="${live}"`}>${content}</main>
      ${below}
    </body>
  </html>`
  return `<!doctype html>\n${page.text}\n`
}

function topBar({ actor, formToken }: NonNullable<Framed['who']>, place: Place | null): Markup {
  const shown = PLACES.filter((one) => one !== 'access' || actor.role === 'admin')
  return html`<header class="bar-top">
    <div>
      ${brand}
      <nav aria-label="${words.main}">
        ${shown.map(
          (one) => html`<a href="/${one}" ${one === place ? html`aria-current="page"` : ''}>${words.nav[one]}</a>`,
        )}
      </nav>
      <div class="who">
        <span class="name">${actor.name}, ${actor.role}</span>
        <form method="post" action="/sign-out">
          <input type="hidden" name="form_token" value="${formToken}" /><button class="plain">
            ${words.signIn.out}
          </button>
        </form>
      </div>
    </div>
  </header>`
}

/** What a problem means to somebody in a browser. */
export function problemContent({ title, detail, todo, problems }: ProblemDetails, back: string): Markup {
  return html`<div class="head"><h1>${words.errors.title}</h1></div>
    <div class="alarm" role="alert">
      <p>${detail.split('\n').map((line) => html`${sentence(line)}<br />`)}</p>
      ${
        problems.length > 1
          ? html`<ul>
              ${problems.map(({ at, message }) => html`<li><code>${at}</code> ${message}</li>`)}
            </ul>`
          : ''
      }
      <p class="note">${title}. ${words.errors.todo}: ${sentence(todo)}</p>
    </div>
    <p><a href="${back}">${words.errors.back}</a></p>`
}
