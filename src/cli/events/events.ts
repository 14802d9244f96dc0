import type { Command } from 'commander'
import type { Context } from '../context.ts'
import { addCreate } from './create.ts'
import { addList } from './list.ts'
import { addListen } from './listen.ts'
import { addPortal } from './portal.ts'
import { addPublish } from './publish.ts'
import { addRecover, addReplayMissing, addResend } from './send-again.ts'
import { addRestart } from './restart.ts'
import { addRotate, addSecret } from './secrets.ts'
import { addVerify } from './verify.ts'

export function addEvents(program: Command, context: Context): void {
  const events = program
    .command('events')
    .summary('event webhooks: apps, endpoints and messages, and a receiver to try them with')
    .description(
      'Asks the service of the data folder, with the token in HOOKCAST_ADMIN_TOKEN; `verify` and `listen` do without. Apps, endpoints and messages are named by id or by your own uid.',
    )
    .addHelpText(
      'after',
      `
Examples:
  hookcast events create app Acme --uid acme
  hookcast events create endpoint acme https://acme.example.com/hooks --uid main
  hookcast events publish acme user.created '{"id": 17}'
  hookcast events list attempts acme --endpoint main`,
    )
  const commands = [
    addList,
    addCreate,
    addPublish,
    addResend,
    addRecover,
    addReplayMissing,
    addRestart,
    addSecret,
    addRotate,
    addPortal,
    addVerify,
    addListen,
  ]
  for (const add of commands) add(events, context)
}
