import type { Fault } from '../fault.ts'
import { ANSWERS } from './answers.ts'
import { CRASH_POINTS } from './crash-points.ts'
import { EVENT_WEBHOOKS } from './event-webhooks.ts'
import { HOSTILE_ANSWERS } from './hostile-answers.ts'
import { KILLS } from './kills.ts'
import { LOST_OUTPUT } from './lost-output.ts'
import { MACHINE } from './machine.ts'
import { NETWORK } from './network.ts'
import { OPERATORS } from './operators.ts'
import { REDIS } from './redis.ts'
import { SIGNALS } from './signals.ts'
import { STORAGE } from './storage.ts'
import { TEMPLATES } from './templates.ts'
import { TLS } from './tls.ts'
import { TWO_AT_ONCE } from './two-at-once.ts'
import { UNREACHABLE } from './unreachable.ts'

const ROWS: readonly Fault[] = [
  ...ANSWERS,
  ...CRASH_POINTS,
  ...EVENT_WEBHOOKS,
  ...HOSTILE_ANSWERS,
  ...KILLS,
  ...LOST_OUTPUT,
  ...MACHINE,
  ...NETWORK,
  ...OPERATORS,
  ...REDIS,
  ...SIGNALS,
  ...STORAGE,
  ...TEMPLATES,
  ...TLS,
  ...TWO_AT_ONCE,
  ...UNREACHABLE,
]

/** The matrix, in its order: each file of this folder has the rows of one subject. */
export const FAULTS: readonly Fault[] = ROWS.toSorted((a, b) => Number(a.id.slice(1)) - Number(b.id.slice(1)))
