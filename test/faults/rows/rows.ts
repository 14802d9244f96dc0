import type { Fault } from '../fault.ts'
import { ANSWERS } from './answers.ts'
import { CRASH_POINTS } from './crash-points.ts'
import { HOSTILE_ANSWERS } from './hostile-answers.ts'
import { KILLS } from './kills.ts'
import { NETWORK } from './network.ts'
import { TLS } from './tls.ts'

const ROWS: readonly Fault[] = [...KILLS, ...CRASH_POINTS, ...ANSWERS, ...HOSTILE_ANSWERS, ...NETWORK, ...TLS]

/** The matrix, in its order: each file of this folder has the rows of one subject. */
export const FAULTS: readonly Fault[] = ROWS.toSorted((a, b) => Number(a.id.slice(1)) - Number(b.id.slice(1)))
