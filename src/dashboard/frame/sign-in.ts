import type { Context } from 'hono'
import { deleteCookie, getCookie, setCookie } from 'hono/cookie'
import { FailedLogins, Sessions, type Session } from '../../access/access.ts'
import type { ApiServices } from '../../api/api.ts'
import type { ServiceStore } from '../../ledger/service-store.ts'
import { html, type Markup } from '../../report/report.ts'
import { words } from '../words.ts'
import { brand } from './frame.ts'

const LOGINS_PER_MINUTE = 10
const SESSION_S = 12 * 3600

/** Who is signed in, by the cookie of their browser. */
export class SignIn {
  readonly #sessions: Sessions
  readonly #failedLogins: FailedLogins
  readonly #services: ApiServices
  readonly #isSecure: boolean

  constructor(store: ServiceStore, services: ApiServices, isSecure: boolean) {
    this.#sessions = new Sessions(store, services.clock)
    this.#failedLogins = new FailedLogins(services.clock, LOGINS_PER_MINUTE)
    this.#services = services
    this.#isSecure = isSecure
  }

  sessionOf(context: Context): Session | null {
    const secret = getCookie(context, this.#cookie)
    return secret === undefined ? null : this.#sessions.get(secret)
  }

  /** Begins a session for a token that somebody has; says why not otherwise. */
  async begin(context: Context, token: string): Promise<'begun' | 'unknown' | 'limited'> {
    const address = this.#services.addressOf(context)
    if (this.#failedLogins.waitMs(address) > 0) return 'limited'
    const begun = await this.#sessions.begin(token)
    if (begun === null) {
      this.#failedLogins.note(address)
      return 'unknown'
    }
    const { secret, actor } = begun
    setCookie(context, this.#cookie, secret, {
      path: '/',
      httpOnly: true,
      sameSite: 'Lax',
      secure: this.#isSecure,
      maxAge: SESSION_S,
    })
    await this.#services.audit.record(actor, 'session.begun')
    return 'begun'
  }

  async end(context: Context): Promise<void> {
    const secret = getCookie(context, this.#cookie)
    if (secret !== undefined) await this.#sessions.end(secret)
    deleteCookie(context, this.#cookie, { path: '/', secure: this.#isSecure })
  }

  /** A name with this prefix is refused by browsers for any other host, and without `Secure`: RFC 6265bis §4.1.3.2. */
  get #cookie(): string {
    return this.#isSecure ? '__Host-hookcast' : 'hookcast'
  }
}

/** Where to go after signing in: a path of ours, and of nobody else. */
export function ownPath(path: string | undefined): string {
  return path !== undefined && /^\/(?![/\\])[\w\-./?=&%+]*$/.test(path) ? path : '/runs'
}

export function signInContent(to: string, message: string | null): Markup {
  const { title, token, hint, button } = words.signIn
  return html`<div class="narrow">
    ${brand}
    <div class="card">
      <h1>${title}</h1>
      ${message === null ? '' : html`<p class="alarm" role="alert">${message}</p>`}
      <form method="post" action="/sign-in" class="fields">
        <input type="hidden" name="to" value="${to}" />
        <label
          >${token} <span class="note">${hint}</span>
          <input type="password" name="token" required autocomplete="current-password" class="mono" />
        </label>
        <div><button class="main-action">${button}</button></div>
      </form>
    </div>
  </div>`
}
