import type { Context } from 'hono'
import type { Actor, Session } from '../../access/access.ts'
import { mayPerform, perform, type AnswerOf, type ApiServices, type Asked, type OperationId } from '../../api/api.ts'
import { html, type Markup, type Part } from '../../report/report.ts'
import type { Place } from '../words.ts'

/** What a page is made of; the frame puts the rest around it. */
export interface Page {
  readonly title: string
  readonly place: Place | null
  readonly content: Part
  /** Where changes of its parts are told, while there are any. */
  readonly live?: string | null
  readonly status?: 200 | 404
}

/** One path of the dashboard: a page that is read, or what a form does. */
export interface PageRoute {
  readonly method: 'get' | 'post'
  readonly path: string
  readonly handle: (visit: Visit) => Promise<Page | Response>
}

/** Somebody who is signed in and asks for a page, and all that the page may use. */
export class Visit {
  readonly context: Context
  readonly services: ApiServices
  readonly actor: Actor
  /** What the form has, where one was sent. */
  readonly form: URLSearchParams
  readonly #session: Session

  constructor(context: Context, services: ApiServices, { session, form }: { session: Session; form: URLSearchParams }) {
    this.context = context
    this.services = services
    this.actor = session.actor
    this.form = form
    this.#session = session
  }

  /** Part of the path. */
  param(name: string): string {
    return this.context.req.param(name) ?? ''
  }

  /** Of the query; null when it is not there, or empty. */
  query(name: string): string | null {
    const value = this.context.req.query(name)
    return value === undefined || value === '' ? null : value
  }

  /** Of the form; null when it is not there, or empty. */
  field(name: string): string | null {
    const value = this.form.get(name)?.trim()
    return value === undefined || value === '' ? null : value
  }

  /** Does what the API does, as the one who visits. */
  async ask<Id extends OperationId>(id: Id, asked: Asked<Id> = {}): Promise<AnswerOf<Id>> {
    const { actor, services, context } = this
    return await perform(id, asked, { actor, services, context })
  }

  may(id: OperationId): boolean {
    return mayPerform(id, this.actor)
  }

  /** A form that changes something: it proves that it is one of ours. */
  post(action: string, content: Part, kind = ''): Markup {
    return html`<form method="post" action="${action}" class="${kind}">
      <input type="hidden" name="form_token" value="${this.#session.formToken}" />${content}
    </form>`
  }

  /** A form that is one button, where the one who visits may press it. */
  button(id: OperationId, action: string, { label, kind = '' }: { label: string; kind?: string }): Part {
    return this.may(id) ? this.post(action, html`<button class="${kind}">${label}</button>`) : ''
  }

  get formToken(): string {
    return this.#session.formToken
  }
}

/** Leads a browser on after a form: what it then reads can be read again. */
export function seeOther(path: string): Response {
  return new Response(null, { status: 303, headers: { Location: path } })
}
