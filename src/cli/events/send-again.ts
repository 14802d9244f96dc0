import type { Command } from 'commander'
import type { Clock } from '../../clock.ts'
import { HookcastError } from '../../errors.ts'
import type { EventService } from '../../serve/event-service.ts'
import type { Context } from '../context.ts'
import { instantFlag } from '../flag-value.ts'
import { urlPath, printDone, serviceFor } from './service.ts'

interface RangeFlags {
  readonly since: (now: number) => number
  readonly until?: (now: number) => number
  readonly wait?: true
}

/** A background task as Svix's API shows it. */
interface Task {
  readonly id: string
  readonly status: 'running' | 'finished'
  readonly data: { readonly messagesSent: number }
}

const LOOK_MS = 500

export function addResend(events: Command, context: Context): void {
  events
    .command('resend')
    .summary('send a message once more, whatever became of it')
    .argument('<app>', 'its id or uid')
    .argument('<message>', 'its id, or your event id')
    .option('--endpoint <id>', 'to this endpoint only (default: every one that it was sent to)')
    .option('--json', 'print one JSON object')
    .addHelpText('after', '\nExample:\n  hookcast events resend acme user-17 --endpoint main')
    .action(async (app: string, message: string, { endpoint }: { readonly endpoint?: string }) => {
      const ask = await serviceFor(context)
      const endpoints = endpoint === undefined ? await triedAt(app, message, context) : [endpoint]
      if (endpoints.length === 0) {
        throw new HookcastError('HOOKCAST_EVENTS_REFUSED', `No endpoint was sent this message yet: ${message}`)
      }
      for (const each of endpoints) {
        await ask(urlPath`/app/${app}/msg/${message}/endpoint/${each}/resend`, { method: 'POST', body: {} })
      }
      await printDone(context, `${message} is sent again to ${endpoints.join(', ')}`, { message, endpoints })
    })
}

/** Endpoints that are there no more are left out. */
async function triedAt(app: string, message: string, context: Context): Promise<readonly string[]> {
  const ask = await serviceFor(context)
  const path = urlPath`/app/${app}/attempt/msg/${message}?with_content=false&limit=250`
  const { data } = await ask<{ readonly data: readonly { readonly endpointId: string }[] }>(path)
  return [...new Set(data.map(({ endpointId }) => endpointId))].filter((id) => id !== '')
}

export function addRecover(events: Command, context: Context): void {
  addRange(events, context, { name: 'recover', path: 'recover' })
    .summary('send everything once more that has failed at an endpoint since a time')
    .addHelpText('after', '\nExample:\n  hookcast events recover acme main --since 2h --wait')
}

export function addReplayMissing(events: Command, context: Context): void {
  addRange(events, context, { name: 'replay', path: 'replay-missing' })
    .summary('send what an endpoint never got: messages from before it was there, or while it was disabled')
    .addHelpText('after', '\nExample:\n  hookcast events replay acme main --since 2026-11-22T00:00:00Z')
}

function addRange(
  events: Command,
  context: Context,
  { name, path }: { readonly name: string; readonly path: 'recover' | 'replay-missing' },
): Command {
  return events
    .command(name)
    .argument('<app>', 'its id or uid')
    .argument('<endpoint>', 'its id or uid')
    .requiredOption(
      '--since <time>',
      'messages from then on: 2026-11-22T10:00:00Z, or a span before now such as 2h',
      instantFlag('--since'),
    )
    .option('--until <time>', 'messages until then (default: now)', instantFlag('--until'))
    .option('--wait', 'wait until all are in line')
    .option('--json', 'print one JSON object')
    .action(async (app: string, endpoint: string, { since, until, wait }: RangeFlags) => {
      const { clock } = context.wiring
      const now = clock.now()
      const dateOf = (instant: (now: number) => number): string => new Date(instant(now)).toISOString()
      const body = { since: dateOf(since), until: until === undefined ? null : dateOf(until) }
      const ask = await serviceFor(context)
      const begun = await ask<Task>(`${urlPath`/app/${app}/endpoint/${endpoint}`}/${path}`, { method: 'POST', body })
      const task = wait === true ? await untilFinished(begun, { ask, clock }) : begun
      const { messagesSent: count } = task.data
      const words = `${count} ${count === 1 ? 'message is' : 'messages are'} in line`
      await printDone(context, task.status === 'finished' ? words : `Begun: ${task.id}`, task)
    })
}

async function untilFinished(
  begun: Task,
  { ask, clock }: { readonly ask: EventService; readonly clock: Clock },
): Promise<Task> {
  let task = begun
  while (task.status === 'running') {
    await clock.sleep(LOOK_MS)
    task = await ask<Task>(urlPath`/background-task/${task.id}`)
  }
  return task
}
