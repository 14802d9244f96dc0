import type { Context } from 'hono'
import { isCapable, type Actor, type AuditLog, type Capability, type Tokens } from '../../access/access.ts'
import type { App, Endpoint, Events, Message } from '../../events/events.ts'
import { Failure, notFound } from './failure.ts'

/**
 * Who may call: `admin` those who run the instance, `app` its own token too.
 *
 * Svix's organisation and application permissions.
 */
export type Access = 'admin' | 'app'

export interface Answer {
  readonly status: 200 | 201 | 202 | 204
  /** JSON text, or what becomes it; null with 204. */
  readonly body: object | string | null
}

/** One operation of Svix's API. */
export interface Route {
  readonly method: 'get' | 'post' | 'put' | 'patch' | 'delete'
  /** Below `/api/v1`; `:app`, `:endpoint` and `:message` are ids or uids. */
  readonly path: string
  readonly access: Access
  /** What the link to an app's portal has to allow; without a word, that one may look. */
  readonly capability?: Capability
  /** It does nothing twice by itself: no answer is kept for its `Idempotency-Key`. */
  readonly isRepeatable?: true
  readonly handle: (call: Call) => Promise<Answer> | Answer
}

/** Who may come in, and what is written down of it. */
export interface Doors {
  readonly tokens: Tokens
  readonly audit: AuditLog
  /** Where people reach this service; null when nobody said. */
  readonly publicUrl: string | null
}

export interface CallOptions {
  readonly context: Context
  readonly caller: Actor
  readonly events: Events
  readonly doors: Doors
  readonly body: Buffer
  /** The app that it is about, where the path names none. */
  readonly appRef?: string
}

/** One request: who calls, and what its path names. */
export class Call {
  readonly context: Context
  readonly caller: Actor
  readonly events: Events
  readonly doors: Doors
  /** All of it, as it came. */
  readonly body: Buffer
  readonly #options: CallOptions

  constructor(options: CallOptions) {
    const { context, caller, events, doors, body } = options
    this.#options = options
    this.context = context
    this.caller = caller
    this.events = events
    this.doors = doors
    this.body = body
  }

  get isAdmin(): boolean {
    return this.caller.app === null
  }

  /** The same call about an app that its path does not name. */
  within(appRef: string): Call {
    return new Call({ ...this.#options, appRef })
  }

  param(name: string): string {
    return this.context.req.param(name) ?? ''
  }

  /** @throws {Failure} 404, also for an app that the caller may not see. */
  get app(): App {
    const app = this.findApp()
    if (app === null) throw notFound()
    return app
  }

  findApp(): App | null {
    const app = this.events.apps.find(this.#options.appRef ?? this.param('app'))
    return app !== null && (this.isAdmin || app.id === this.caller.app) ? app : null
  }

  /** @throws {Failure} 404 */
  get endpoint(): Endpoint {
    const endpoint = this.events.endpoints.find(this.app, this.param('endpoint'))
    if (endpoint === null) throw notFound()
    return endpoint
  }

  /** @throws {Failure} 404 */
  get message(): Message {
    const message = this.events.messages.find(this.app, this.param('message'))
    if (message === null) throw notFound()
    return message
  }
}

/** @throws {Failure} 403 */
export function authorize({ access, capability }: Route, caller: Actor): void {
  const isAdmin = caller.role === 'admin'
  const isApp = caller.role === 'app' && caller.app !== null
  if (isAdmin || (access === 'app' && isApp && (capability === undefined || isCapable(caller, capability)))) return
  throw new Failure(403, { code: 'insufficient access', detail: 'Insufficient access for the given operation.' })
}
