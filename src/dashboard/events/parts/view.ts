import type { App, Endpoint, Events, Message } from '../../../events/events.ts'
import type { Markup, Part } from '../../../report/report.ts'

/**
 * What may be done besides looking.
 *
 * - read: payloads and answers. diagnose: why no answer came. send: tests, and messages once more.
 * - manage: enable, disable. reveal, rotate: the secret.
 */
export type EventAct = 'read' | 'diagnose' | 'send' | 'manage' | 'reveal' | 'rotate'

/** What stands above a page: where it is. */
export type PathTo = readonly (readonly [label: string, href: string])[]

/** Somebody who looks at an app: on the dashboard, or on its portal. */
export interface AppView {
  readonly events: Events
  readonly app: App
  /** The path of the app's pages. */
  readonly at: string
  readonly may: (act: EventAct) => boolean
  /** A form that proves that it is one of ours. */
  readonly post: (action: string, content: Part, kind?: string) => Markup
  /** Writes down who did what to it. */
  readonly note: (action: string, subject: string, detail?: Readonly<Record<string, unknown>>) => Promise<void>
}

export interface EndpointView extends AppView {
  readonly endpoint: Endpoint
}

export function endpointPath({ at }: Pick<AppView, 'at'>, { id }: Pick<Endpoint, 'id'>): string {
  return `${at}/endpoints/${id}`
}

export function messagePath({ at }: Pick<AppView, 'at'>, { id }: Pick<Message, 'id'>): string {
  return `${at}/messages/${id}`
}

export function timeOf(at: number): string {
  return new Date(at).toISOString()
}
