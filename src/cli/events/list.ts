import { Option, type Command } from 'commander'
import type { Context } from '../context.ts'
import { wholeNumberFlag } from '../flag-value.ts'
import { visible } from '../terminal.ts'
import { textTable } from '../text-table.ts'
import { urlPath, serviceFor, shownTime } from './service.ts'

/** What Svix's API says of each, as far as a table shows it. */
interface Listed {
  readonly id: string
  readonly uid?: string | null
  readonly name?: string
  readonly description?: string
  readonly url?: string
  readonly eventTypes?: readonly string[] | null
  readonly profile?: string
  readonly state?: string
  readonly eventType?: string
  readonly eventId?: string | null
  readonly msgId?: string
  readonly endpointId?: string
  readonly status?: number
  readonly responseStatusCode?: number
  readonly responseDurationMs?: number
  readonly timestamp?: string
  readonly createdAt?: string
}

interface Listing {
  readonly path: string
  readonly heading: readonly string[]
  readonly cells: (row: Listed) => readonly string[]
}

interface ListFlags {
  readonly limit: number
  readonly endpoint?: string
  readonly message?: string
  readonly status?: keyof typeof STATUSES
}

const USUAL = 50
const PAGE = 250
/** As Svix numbers them. */
const STATUSES = { sent: 0, failed: 2 } as const

const APPS: Omit<Listing, 'path'> = {
  heading: ['app', 'uid', 'name', 'made'],
  cells: ({ id, uid, name, createdAt }) => [id, uid ?? '-', name ?? '', shownTime(createdAt ?? '')],
}
const TYPES: Omit<Listing, 'path'> = {
  heading: ['event type', 'description'],
  cells: ({ name, description }) => [name ?? '', description ?? ''],
}
const ENDPOINTS: Omit<Listing, 'path'> = {
  heading: ['endpoint', 'uid', 'state', 'profile', 'event types', 'url'],
  cells: ({ id, uid, state, profile, eventTypes, url }) => [
    id,
    uid ?? '-',
    state ?? '',
    profile ?? '',
    eventTypes?.join(',') ?? 'all',
    url ?? '',
  ],
}
const MESSAGES: Omit<Listing, 'path'> = {
  heading: ['message', 'accepted', 'event type', 'event id'],
  cells: ({ id, timestamp, eventType, eventId }) => [id, shownTime(timestamp ?? ''), eventType ?? '', eventId ?? '-'],
}
const ATTEMPTS: Omit<Listing, 'path'> = {
  heading: ['attempt', 'began', 'message', 'endpoint', 'status', 'http', 'ms'],
  cells: ({ id, timestamp, msgId, endpointId, status, responseStatusCode, responseDurationMs }) => [
    id,
    shownTime(timestamp ?? ''),
    msgId ?? '',
    endpointId ?? '',
    status === STATUSES.sent ? 'sent' : 'failed',
    String(responseStatusCode || '-'),
    String(responseDurationMs ?? '-'),
  ],
}

export function addList(events: Command, context: Context): void {
  const list = events.command('list').summary('list apps, event types, endpoints, messages or attempts')
  const add = (name: string, summary: string): Command =>
    list
      .command(name)
      .summary(summary)
      .option('--limit <n>', 'at most so many', wholeNumberFlag('--limit'), USUAL)
      .option('--json', 'print one JSON object, with everything that is known of each')
  add('apps', 'list the apps, oldest first').action(({ limit }: ListFlags) =>
    printList(context, { ...APPS, path: '/app?', name: 'apps', limit }),
  )
  add('types', 'list the event types of the catalogue').action(({ limit }: ListFlags) =>
    printList(context, { ...TYPES, path: '/event-type?', name: 'types', limit }),
  )
  add('endpoints', 'list the endpoints of an app, newest first')
    .argument('<app>', 'its id or uid')
    .action((app: string, { limit }: ListFlags) =>
      printList(context, { ...ENDPOINTS, path: urlPath`/app/${app}/endpoint?`, name: 'endpoints', limit }),
    )
  add('messages', 'list the messages of an app, newest first')
    .argument('<app>', 'its id or uid')
    .action((app: string, { limit }: ListFlags) =>
      printList(context, {
        ...MESSAGES,
        path: urlPath`/app/${app}/msg?with_content=${String(context.isJson)}`,
        name: 'messages',
        limit,
      }),
    )
  add('attempts', 'list what became of a message, or what an endpoint was sent, newest first')
    .argument('<app>', 'its id or uid')
    .addOption(new Option('--message <id>', 'of this message').conflicts('endpoint'))
    .option('--endpoint <id>', 'to this endpoint')
    .addOption(new Option('--status <status>', 'only those that were').choices(Object.keys(STATUSES)))
    .action((app: string, flags: ListFlags, command: Command) => {
      const { limit, message, endpoint, status } = flags
      if (message === undefined && endpoint === undefined) {
        command.error('error: expected `--message` or `--endpoint` to be given, got neither')
      }
      const of = message === undefined ? urlPath`/endpoint/${endpoint ?? ''}` : urlPath`/msg/${message}`
      const wanted = status === undefined ? '' : `&status=${STATUSES[status]}`
      const path = `${urlPath`/app/${app}`}/attempt${of}?with_content=${context.isJson}${wanted}`
      return printList(context, { ...ATTEMPTS, path, name: 'attempts', limit })
    })
}

async function printList(
  context: Context,
  { path, heading, cells, name, limit }: Listing & { readonly name: string; readonly limit: number },
): Promise<void> {
  const { terminal, isJson } = context
  const rows = await rowsOf(context, path, limit)
  if (isJson) await terminal.print(`${JSON.stringify({ [name]: rows }, null, 2)}\n`)
  else if (rows.length === 0) terminal.tell(`No ${name}`)
  else await terminal.print(visible(textTable([heading, ...rows.map(cells)])))
}

interface Page {
  readonly data: readonly Listed[]
  readonly iterator: string | null
  readonly done: boolean
}

async function rowsOf(context: Context, path: string, limit: number): Promise<readonly Listed[]> {
  const ask = await serviceFor(context)
  const rows: Listed[] = []
  let from = ''
  while (rows.length < limit) {
    const page = await ask<Page>(`${path}&limit=${Math.min(limit - rows.length, PAGE)}${from}`)
    rows.push(...page.data)
    if (page.done || page.iterator === null) break
    from = `&iterator=${encodeURIComponent(page.iterator)}`
  }
  return rows
}
