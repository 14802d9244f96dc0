import { z } from 'zod'
import { Failure } from './failure.ts'
import type { Call } from './route.ts'

const MOST_THROTTLE = 65_535

export const UID = z
  .string()
  .regex(/^[a-zA-Z0-9\-_.]{1,256}$/, 'expected 1 to 256 letters, digits and - _ ., got something else')
  // In a path these lead elsewhere before anybody sees them (RFC 3986 §5.2.4).
  .regex(/^(?!\.{1,2}$)/, 'expected more than one or two dots, got nothing else')
export const THROTTLE = z.number().int().min(1).max(MOST_THROTTLE)
export const METADATA = z
  .record(z.string().max(256), z.string().max(4096))
  .refine((metadata) => Object.keys(metadata).length <= 100, 'expected at most 100 entries, got more')
/** Words for people: no line breaks or other control characters. */
export const TEXT = z
  .string()
  .max(4096)
  .regex(/^\P{Cc}*$/u, 'expected no control characters')

export type Metadata = z.infer<typeof METADATA>

/** What hookcast says in metadata because Svix's API has no field for it; only those who run the instance say it. */
const OURS = 'hookcast.'

/**
 * Gives the metadata to keep: callers that are apps neither set nor lose what is ours.
 *
 * @throws {Failure} 403
 */
export function ownMetadata(call: Call, asked: Metadata, known: Metadata): Metadata {
  if (call.isAdmin) return asked
  const ours = Object.entries(known).filter(([key]) => key.startsWith(OURS))
  const others = Object.entries(asked).filter(([key, value]) => !key.startsWith(OURS) || known[key] !== value)
  if (others.some(([key]) => key.startsWith(OURS))) {
    const detail = `expected no metadata that begins with ${OURS} from an app, got some`
    throw new Failure(403, { code: 'insufficient access', detail })
  }
  return Object.fromEntries([...ours, ...others])
}

export const dateOf = (time: number): string => new Date(time).toISOString()
