import { EVENT_TYPE_PATTERN } from './endpoint-rules.ts'
import { EventsError } from './events-error.ts'
import type { MessageIn } from './messages.ts'

const DAY_MS = 86_400_000
const MOST_CHANNELS = 5
const MOST_TAGS = 10

/**
 * Checks what can be said of a message without its endpoints; payloads are kept for `longestMs` here.
 *
 * @throws {EventsError} invalid
 */
export function checkMessage(
  { eventType, channels, tags, payloadKeptMs = null, deliverAt = null }: MessageIn,
  { longestMs, now }: { readonly longestMs: number; readonly now: number },
): void {
  if (payloadKeptMs !== null && payloadKeptMs > longestMs) {
    const [most, got] = [longestMs, payloadKeptMs].map((ms) => ms / DAY_MS)
    const message = `expected \`payloadRetentionPeriod\` to be at most ${most} days, as payloads are kept here, got ${got}`
    throw new EventsError('invalid', message)
  }
  const keptMs = payloadKeptMs ?? longestMs
  if (deliverAt !== null && deliverAt - now >= keptMs) {
    const message = `expected \`deliverAt\` to be within the ${keptMs / DAY_MS} days for which its payload is kept, got later`
    throw new EventsError('invalid', message)
  }
  if (!EVENT_TYPE_PATTERN.test(eventType)) {
    const message = 'expected `eventType` to be at most 256 letters, digits and - . _, got something else'
    throw new EventsError('invalid', message)
  }
  const lists = [['channels', channels, MOST_CHANNELS] as const, ['tags', tags, MOST_TAGS] as const]
  for (const [name, list, most] of lists) {
    if (list.length > most) {
      throw new EventsError('invalid', `expected \`${name}\` to be at most ${most}, got ${list.length}`)
    }
  }
}
