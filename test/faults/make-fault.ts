import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CampaignRun } from '../support/campaign-run.ts'
import type { Invariant } from '../support/invariants.ts'
import { createRandom } from '../support/random.ts'
import { obstacleTo, type Fault } from './fault.ts'

export interface FaultResult {
  readonly fault: Fault
  readonly rounds: number
  readonly seed: number
  readonly seconds: number
  /** Those that could be looked at. */
  readonly held: readonly Invariant[]
  /** Null when everything held. */
  readonly error: Error | null
  /** Why it was not made; null when it was. */
  readonly obstacle: string | null
}

export interface FaultRequest {
  readonly seed: number
  readonly isShort: boolean
  readonly say: (text: string) => void
  /** A row that has not ended by then is broken: what it has started is ended. */
  readonly limitMs: number
}

/** Makes a fault, and tells whether what must hold did. */
export async function makeFault(fault: Fault, { seed, isShort, say, limitMs }: FaultRequest): Promise<FaultResult> {
  const rounds = isShort ? fault.shortRounds : fault.rounds
  const held = new Set<Invariant>()
  const startedAt = Date.now()
  const result = (error: Error | null, obstacle: string | null = null): FaultResult => {
    const numbers = [...held].toSorted((a, b) => Number(a.slice(1)) - Number(b.slice(1)))
    return { fault, rounds, seed, seconds: (Date.now() - startedAt) / 1000, held: numbers, error, obstacle }
  }
  const obstacle = obstacleTo(fault)
  if (obstacle !== null) return result(null, obstacle)
  const folder = mkdtempSync(join(tmpdir(), `${fault.id.toLowerCase()}-`))
  try {
    await using cleanUp = new AsyncDisposableStack()
    let runs = 0
    const made = fault.run({
      seed,
      random: createRandom(seed),
      rounds,
      isShort,
      folder,
      cleanUp,
      say,
      run: async (setup) =>
        cleanUp.use(await CampaignRun.create({ ...setup, seed, folder: join(folder, `run-${runs++}`) })),
      held: (invariants) => {
        for (const invariant of invariants) held.add(invariant)
      },
    })
    await within(limitMs, made)
  } catch (error) {
    // What is left tells what happened.
    say(`${fault.id}: kept ${folder}`)
    return result(error as Error)
  }
  rmSync(folder, { recursive: true, force: true })
  return result(null)
}

async function within(ms: number, made: Promise<void>): Promise<void> {
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(() => late.reject(new Error(`It had not ended after ${Math.round(ms / 1000)} s`)), ms)
  // What it meets once everything under it is taken away is no news.
  made.catch(() => undefined)
  try {
    await Promise.race([made, late.promise])
  } finally {
    clearTimeout(timer)
  }
}
