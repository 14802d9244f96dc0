import { join } from 'node:path'
import { Service } from '../triggers/service.ts'
import { steadyRound } from '../triggers/steady-round.ts'
import type { SteadyRound } from '../triggers/table.ts'
import type { Bench } from './contender.ts'

export interface TriggerRate {
  readonly perSecond: number
  readonly round: SteadyRound
}

const RATES = [100, 1000, 5000]
const SECONDS = 5

/** Sends triggers to `hookcast serve` at each rate, in services of their own; `divisor` shortens it. */
export async function measureTriggerRates(
  { folder, signal }: Pick<Bench, 'folder' | 'signal'>,
  divisor: number,
): Promise<readonly TriggerRate[]> {
  const rates: TriggerRate[] = []
  for (const perSecond of RATES) {
    signal.throwIfAborted()
    const service = await Service.prepare(join(folder, `triggers-${perSecond}`), { profileFolder: null })
    const count = Math.max(100, (perSecond * SECONDS) / divisor)
    rates.push({ perSecond, round: await steadyRound(service, { count, perSecond }) })
  }
  return rates
}
