import type { Fault } from '../fault.ts'
import { KILLS } from './kills.ts'

/** The matrix, in its order: each file of this folder has the rows of one subject. */
export const FAULTS: readonly Fault[] = [...KILLS].toSorted((a, b) => Number(a.id.slice(1)) - Number(b.id.slice(1)))
