import type { Command } from 'commander'
import type { Context } from '../context.ts'
import { fileOf, flagError, secretOf } from '../flag-value.ts'
import { urlPath, printDone, serviceFor } from './service.ts'

interface AppFlags {
  readonly uid?: string
  readonly profile?: string
}

interface TypeFlags {
  readonly description?: string
  readonly schema?: string
}

interface EndpointFlags extends AppFlags {
  readonly retry?: string
  readonly types?: readonly string[]
  readonly channels?: readonly string[]
  readonly description?: string
  readonly secretEnv?: string
}

export function addCreate(events: Command, context: Context): void {
  const create = events.command('create').summary('make an app, an event type or an endpoint')
  create
    .command('app')
    .summary('make an app: somebody who is told of events')
    .argument('<name>', 'what people call it')
    .option('--uid <uid>', 'your own name for it, good wherever an id is; once made, it is not made again')
    .option('--profile <name>', 'how its webhooks look and behave (default: that of hookcast.yaml)')
    .option('--json', 'print it as one JSON object')
    .addHelpText('after', '\nExample:\n  hookcast events create app Acme --uid acme')
    .action(async (name: string, { uid, profile }: AppFlags) => {
      const ask = await serviceFor(context)
      const body = { name, uid: uid ?? null, metadata: metadataFrom({ profile }) }
      const app = await ask<{ readonly id: string }>('/app?get_if_exists=true', { method: 'POST', body })
      await printDone(context, app.id, app)
    })
  create
    .command('type')
    .summary('put an event type into the catalogue')
    .argument('<name>', 'such as user.created')
    .option('--description <text>', 'what it tells', '')
    .option('--schema <file>', 'a JSON Schema of its payloads, which subscribers see')
    .option('--json', 'print it as one JSON object')
    .addHelpText('after', '\nExample:\n  hookcast events create type user.created --schema user-created.schema.json')
    .action(async (name: string, { description = '', schema }: TypeFlags) => {
      const schemas = schema === undefined ? null : { 1: schemaIn(schema) }
      const ask = await serviceFor(context)
      const type = await ask<object>('/event-type', { method: 'POST', body: { name, description, schemas } })
      await printDone(context, name, type)
    })
  create
    .command('endpoint')
    .summary('make an endpoint of an app: a URL that is called')
    .argument('<app>', 'id or uid of the app')
    .argument('<url>', 'where to call')
    .option('--uid <uid>', 'your own name for it, good wherever an id is')
    .option('--types <names>', 'only these event types, such as user.created,invoice.* (default: all)', listFlag)
    .option('--channels <names>', 'only messages of these channels', listFlag)
    .option('--description <text>', 'what it is for', '')
    .option('--profile <name>', 'how its webhooks look and behave (default: that of the app)')
    .option(
      '--retry <waits>',
      'waits before each further attempt, such as 5s,5m,2h, or none (default: those of the profile)',
    )
    .option('--secret-env <name>', 'the environment variable that holds its secret (default: a new one is made)')
    .option('--json', 'print it as one JSON object')
    .addHelpText(
      'after',
      '\nExample:\n  hookcast events create endpoint acme https://acme.example.com/hooks --types user.created,user.deleted',
    )
    .action(async (app: string, url: string, flags: EndpointFlags) => {
      const { uid = null, types: eventTypes = null, channels = null, description, secretEnv } = flags
      const secret = secretEnv === undefined ? null : secretOf('--secret-env', secretEnv, context.env)
      const body = { url, uid, eventTypes, channels, description, secret, metadata: metadataFrom(flags) }
      const ask = await serviceFor(context)
      const endpoint = await ask<{ readonly id: string }>(urlPath`/app/${app}/endpoint`, { method: 'POST', body })
      await printDone(context, endpoint.id, endpoint)
    })
}

/** Svix's API has no fields for them. */
function metadataFrom({
  profile,
  retry,
}: {
  readonly profile?: string | undefined
  readonly retry?: string | undefined
}): Readonly<Record<string, string>> {
  return {
    ...(profile === undefined ? {} : { 'hookcast.profile': profile }),
    ...(retry === undefined ? {} : { 'hookcast.retry': retry }),
  }
}

function schemaIn(path: string): unknown {
  try {
    return JSON.parse(fileOf('--schema', path)) as unknown
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    throw flagError('--schema', 'a file with a JSON Schema', path)
  }
}

function listFlag(text: string): readonly string[] {
  return text.split(',').map((name) => name.trim())
}
