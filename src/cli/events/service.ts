import type { EventService } from '../../serve/event-service.ts'
import type { Context } from '../context.ts'

/** The event webhooks of the service of the data folder; what asks it is loaded when it is needed. */
export async function serviceFor(context: Context): Promise<EventService> {
  const { eventServiceOf } = await import('../../serve/event-service.ts')
  return eventServiceOf(context)
}

/** A path of names that people have typed: whatever they are, they stay one part of it each. */
export function urlPath(parts: TemplateStringsArray, ...names: readonly string[]): string {
  return String.raw({ raw: parts }, ...names.map(encodeURIComponent))
}

/** As people read it: to the second, in UTC. */
export function shownTime(iso: string): string {
  return iso.slice(0, 19).replace('T', ' ')
}

/** Prints what a command did: a sentence, or the object of its own. */
export async function printDone(context: Context, sentence: string, object: object): Promise<void> {
  await context.terminal.print(context.isJson ? `${JSON.stringify(object, null, 2)}\n` : `${sentence}\n`)
}
