import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { Option, type Command } from 'commander'
import { HookcastError } from '../../errors.ts'
import type { EventService } from '../../serve/event-service.ts'
import type { Context } from '../context.ts'
import { EXIT_DONE, EXIT_INCOMPLETE } from '../exit-code.ts'
import { collect, flagError, inputOf } from '../flag-value.ts'
import { urlPath, printDone, serviceFor } from './service.ts'

interface PublishFlags {
  readonly payload?: string
  readonly eventId?: string
  readonly channel?: readonly string[]
  readonly deliverAt?: string
  readonly ndjson?: string
}

/** Enough to fill the commits of the service. */
const IN_FLIGHT = 16
const MOST_ERRORS = 50
const CONFLICT = 409

export function addPublish(events: Command, context: Context): void {
  events
    .command('publish')
    .summary('tell an app of an event, or of all events in NDJSON')
    .description(
      'Prints the id of the message once it is stored. The bytes of the payload are kept, signed and sent as they are.',
    )
    .argument('<app>', 'its id or uid')
    .argument('[type]', 'the event type, such as user.created')
    .argument('[payload]', 'what has happened, as JSON')
    .option('--payload <file>', 'the payload from a file, in place of the argument; - is standard input')
    .option('--event-id <id>', 'your own id of the event: within a day it is taken once')
    .option('--channel <name>', 'a channel that the message is for (repeatable)', collect)
    .option(
      '--deliver-at <time>',
      'not to be sent before, such as 2026-12-24T18:00:00Z (default: at once)',
      instantFlag,
    )
    .addOption(
      new Option(
        '--ndjson <file>',
        'publish a message a line: { "eventType", "payload", "eventId", "channels", "deliverAt" }; - is standard input',
      ).conflicts(['payload', 'eventId', 'channel', 'deliverAt']),
    )
    .option('--json', 'print one JSON object')
    .addHelpText(
      'after',
      `
Examples:
  hookcast events publish acme user.created '{"id": 17}'
  hookcast events publish acme user.created --payload user.json --event-id user-17
  cat events.ndjson | hookcast events publish acme --ndjson -`,
    )
    .action(async (app: string, ...[type, payload, flags]: [string | undefined, string | undefined, PublishFlags]) => {
      const path = urlPath`/app/${app}/msg?with_content=false`
      if (flags.ndjson === undefined) return await publishOne(path, { type, payload, flags }, context)
      if (type !== undefined) throw flagError('--ndjson', 'given without an event type, which each line has', type)
      context.exitCode = await publishLines(path, flags.ndjson, context)
    })
}

interface Typed {
  readonly type: string | undefined
  readonly payload: string | undefined
  readonly flags: PublishFlags
}

async function publishOne(path: string, { type, payload, flags }: Typed, context: Context): Promise<void> {
  if (type === undefined) throw new HookcastError('HOOKCAST_USAGE', 'expected an event type behind the app, got none')
  const { payload: file, eventId = null, channel: channels = null, deliverAt = null } = flags
  if ((payload === undefined) === (file === undefined)) {
    const got = file === undefined ? 'neither' : 'both'
    throw new HookcastError('HOOKCAST_USAGE', `expected a payload behind the type, or \`--payload\`, got ${got}`)
  }
  const text = payload ?? (await inputOf('--payload', file!)).toString('utf8')
  if (!isJson(text)) throw new HookcastError('HOOKCAST_USAGE', 'expected the payload to be JSON, got something else')
  const head = JSON.stringify({ eventType: type, eventId, channels, deliverAt })
  // As it was written: parsed and written again, it would be other bytes.
  const body = `${head.slice(0, -1)},"payload":${text}}`
  const ask = await serviceFor(context)
  const message = await ask<{ readonly id: string }>(path, { method: 'POST', body })
  await printDone(context, message.id, message)
}

/** What became of lines, as a stream of triggers is answered. */
interface Published {
  accepted: number
  /** Their `eventId` was taken within the last day. */
  duplicate: number
  refused: number
  /** The first of them. */
  readonly errors: { readonly line: number; readonly message: string }[]
}

async function publishLines(path: string, file: string, context: Context): Promise<number> {
  const ask = await serviceFor(context)
  const published: Published = { accepted: 0, duplicate: 0, refused: 0, errors: [] }
  const input = file === '-' ? process.stdin : createReadStream(file)
  const lines = numbered(createInterface({ input, crlfDelay: Infinity }))
  const work = async (): Promise<void> => {
    for (;;) {
      const { value, done } = await lines.next()
      if (done === true) return
      await publishLine(value, { ask, path, published, context })
    }
  }
  try {
    await Promise.all(Array.from({ length: IN_FLIGHT }, work))
  } catch (error) {
    const { accepted, duplicate } = published
    context.terminal.tell(`Not all was published: ${accepted} accepted and ${duplicate} known before it ended`)
    throw error
  }
  const { accepted, duplicate, refused, errors } = published
  for (const { line, message } of errors) context.terminal.tell(`line ${line}: ${message}`)
  if (refused > errors.length) context.terminal.tell(`and ${refused - errors.length} more`)
  await printDone(context, `${accepted} accepted, ${duplicate} known already, ${refused} refused`, published)
  return refused > 0 ? EXIT_INCOMPLETE : EXIT_DONE
}

interface Line {
  readonly number: number
  readonly text: string
}

async function* numbered(lines: AsyncIterable<string>): AsyncGenerator<Line, void> {
  let number = 0
  try {
    for await (const text of lines) {
      number++
      if (text.trim() !== '') yield { number, text }
    }
  } catch (cause) {
    const message = `expected \`--ndjson\` to be a file that can be read, got ${(cause as Error).message}`
    throw new HookcastError('HOOKCAST_USAGE', message, { cause })
  }
}

interface Publishing {
  readonly ask: EventService
  readonly path: string
  readonly published: Published
  readonly context: Context
}

/** What is wrong with one line stops no other; a service that is away, or whose disk is full, stops them all. */
async function publishLine({ number, text }: Line, publishing: Publishing): Promise<void> {
  const { ask, path, published, context } = publishing
  const { EventRefusal } = await import('../../serve/event-service.ts')
  for (;;) {
    try {
      await ask(path, { method: 'POST', body: text })
      published.accepted++
      return
    } catch (error) {
      if (!(error instanceof EventRefusal)) throw error
      const { code, status, retryAfterMs, message } = error
      if (code === 'HOOKCAST_API_LIMIT' && retryAfterMs !== null) {
        await context.wiring.clock.sleep(retryAfterMs)
        continue
      }
      if (code !== 'HOOKCAST_EVENTS_REFUSED') throw error
      if (status === CONFLICT) published.duplicate++
      else {
        published.refused++
        if (published.errors.length < MOST_ERRORS) published.errors.push({ line: number, message })
      }
      return
    }
  }
}

function instantFlag(text: string): string {
  if (Number.isNaN(Date.parse(text)))
    throw flagError('--deliver-at', 'a date and time such as 2026-12-24T18:00:00Z', text)
  return text
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
