import type { Context } from 'hono'
import type { Actor, Session } from '../../access/access.ts'
import {
  mayPerform,
  perform,
  performUpload,
  type AnswerOf,
  type ApiServices,
  type Asked,
  type OperationId,
} from '../../api/api.ts'
import type { Events } from '../../events/events.ts'
import { html, type Part } from '../../report/report.ts'
import type { Place } from '../words.ts'
import { PageRequest, type PageContent } from './page-request.ts'

export type Page = PageContent<Place>

/** One path of the dashboard: a page that is read, or what a form does. */
export interface PageRoute {
  readonly method: 'get' | 'post'
  readonly path: string
  /** The body is a file; what else the form has stands in the query. */
  readonly isUpload?: true
  readonly handle: (visit: Visit) => Promise<Page | Response>
}

/** Somebody who is signed in and asks for a page, and all that the page may use. */
export class Visit extends PageRequest {
  readonly services: ApiServices
  /** Event webhooks. */
  readonly events: Events
  readonly actor: Actor

  constructor(
    context: Context,
    { services, events }: Pick<Visit, 'services' | 'events'>,
    { session, form }: { session: Session; form: URLSearchParams },
  ) {
    super(context, form, session.formToken)
    this.services = services
    this.events = events
    this.actor = session.actor
  }

  /** Does what the API does, as the one who visits. */
  async ask<Id extends OperationId>(id: Id, asked: Asked<Id> = {}): Promise<AnswerOf<Id>> {
    const { actor, services, context } = this
    return await perform(id, asked, { actor, services, context })
  }

  /** The same with the file that came with the form. */
  async askWithFile<Id extends OperationId>(id: Id, asked: Asked<Id> = {}): Promise<AnswerOf<Id>> {
    const { actor, services, context } = this
    return await performUpload(id, asked, { actor, services, context })
  }

  may(id: OperationId): boolean {
    return mayPerform(id, this.actor)
  }

  /** A form that is one button, where the one who visits may press it. */
  button(id: OperationId, action: string, { label, kind = '' }: { label: string; kind?: string }): Part {
    return this.may(id) ? this.post(action, html`<button class="${kind}">${label}</button>`) : ''
  }
}
