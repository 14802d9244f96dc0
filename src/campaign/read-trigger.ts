import type { Trigger } from './campaign.ts'
import type { CampaignContext } from './campaign-context.ts'
import type { CampaignInput } from './campaign-schema.ts'
import { cronFault } from './cron.ts'
import { msFrom } from './read-delivery-rules.ts'
import { shorten } from './key-path.ts'
import type { Repaired } from './shape-problem.ts'

type Input = Repaired<CampaignInput>

const NOW: Trigger = { kind: 'now' }

/** Reads what starts a run. */
export function readTrigger(context: CampaignContext, input: Input): Trigger {
  const written = input.trigger ?? 'now'
  if (written === 'now') return NOW
  if ('event' in written) {
    refuseForEvents(context, input)
    return { kind: 'event', type: written.event ?? '', maxAgeMs: msFrom(written.max_age ?? '24h') }
  }
  if (!('schedule' in written)) return NOW
  const timezone = readZone(context, written.timezone ?? 'UTC')
  return {
    kind: 'schedule',
    cron: readCron(context, written.schedule, timezone),
    timezone,
    onMissed: written.on_missed ?? 'once',
    onOverlap: written.on_overlap ?? 'skip',
    onUnchanged: written.on_unchanged ?? 'skip',
  }
}

/** Whether every customer enters alone, so that rules count over the webhook and not over a chunk. */
export function isEventTriggered({ trigger }: Input): boolean {
  return typeof trigger === 'object' && trigger !== null && 'event' in trigger
}

/** Every customer is a chunk of one: what speaks of several would silently do nothing. */
function refuseForEvents({ reader }: CampaignContext, input: Input): void {
  const refuse = (path: readonly string[]): void => {
    const key = path.join('.')
    reader.report(path, `contradicting keys: ${key} and trigger.event, with which every customer enters alone`)
  }
  if (input.chunk_size != null) refuse(['chunk_size'])
  if (input.unique === true) refuse(['unique'])
  if (input.max_customers != null) refuse(['max_customers'])
  if (input.webhook?.batch != null) refuse(['webhook', 'batch'])
}

function readZone({ reader }: CampaignContext, timezone: string): string {
  try {
    void new Intl.DateTimeFormat('en', { timeZone: timezone })
  } catch {
    const got = JSON.stringify(shorten(timezone))
    const message = `expected trigger.timezone to be a time zone such as "Europe/Prague", got ${got}`
    reader.report(['trigger', 'timezone'], message)
    return 'UTC'
  }
  return timezone
}

function readCron({ reader }: CampaignContext, written: string | undefined, timezone: string): string {
  const expected = written === undefined ? null : cronFault(written, timezone)
  if (expected !== null) {
    const got = JSON.stringify(shorten(written ?? ''))
    reader.report(['trigger', 'schedule'], `expected trigger.schedule to be ${expected}, got ${got}`)
  }
  return written ?? ''
}
