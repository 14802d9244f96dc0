/**
 * Loads the reference API over loopback: `npm run load`. Beside a bare Hono app, over 10 to 1,000 connections, with far
 * more than it can take, and with a campaign while it misbehaves. Bounded in count and time; what it starts ends with it.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { runAgreement } from './api/agreement.ts'
import { BARE_APP, REFERENCE_API, startApi } from './api/api-process.ts'
import { attack } from './api/attack.ts'
import type { Figures } from './api/attack.ts'
import { runOverload } from './api/overload.ts'
import { drawCurve } from './api/picture.ts'
import { formatFindings } from './api/table.ts'
import type { Pair } from './api/table.ts'
import { readConditions } from './bench/conditions.ts'
import { placeFindings } from './bench/place-findings.ts'

const HELP = `npm run load [-- flags]

  --quick      a first impression in a minute; writes nothing
  --no-write   print only; leave load/README.md and load/reference-api.svg as they are
`
const PLANS = {
  full: {
    rounds: 3,
    seconds: 30,
    curve: [10, 25, 50, 100, 200, 400, 700, 1000],
    curveSeconds: 6,
    overloadSeconds: 30,
    customers: 100_000,
  },
  quick: { rounds: 2, seconds: 3, curve: [10, 50, 200, 1000], curveSeconds: 2, overloadSeconds: 5, customers: 5_000 },
} as const
const CONNECTIONS = 200
const WARM_UP = { connections: 50, seconds: 2 } as const

const { values } = parseArgs({
  allowNegative: true,
  options: {
    help: { type: 'boolean', default: false },
    quick: { type: 'boolean', default: false },
    write: { type: 'boolean', default: true },
  },
})

/** A queue that nothing fills: this is about requests, and about what the provider does not take there is `overload`. */
async function measureSpeed(plan: (typeof PLANS)[keyof typeof PLANS]): Promise<{
  readonly pairs: readonly Pair[]
  readonly curve: readonly Figures[]
  readonly peakBytes: number | null
}> {
  await using bare = await startApi(BARE_APP)
  await using ours = await startApi(REFERENCE_API, { QUEUE_LIMIT: '1000000', IDEMPOTENCY_KEYS: '10000000' })
  const load = { connections: CONNECTIONS, seconds: plan.seconds }
  for (const api of [bare, ours]) await attack(api, WARM_UP)
  const pairs: Pair[] = []
  for (let round = 1; round <= plan.rounds; round++) {
    // The other way round in every second round: neither always comes after the other.
    const first = await attack(round % 2 === 1 ? bare : ours, load)
    const second = await attack(round % 2 === 1 ? ours : bare, load)
    const pair = round % 2 === 1 ? { bare: first, ours: second } : { bare: second, ours: first }
    pairs.push(pair)
    const speeds = [pair.ours, pair.bare].map(({ perSecond }) => perSecond.toFixed(0))
    console.log(`round ${round}: ${speeds[0]}/s, bare ${speeds[1]}/s, p99 ${pair.ours.p99Ms} ms`)
  }
  const curve: Figures[] = []
  for (const connections of plan.curve) {
    const figures = await attack(ours, { connections, seconds: plan.curveSeconds })
    curve.push(figures)
    console.log(`${connections} connections: ${figures.perSecond.toFixed(0)}/s, p99 ${figures.p99Ms} ms`)
  }
  return { pairs, curve, peakBytes: ours.peakBytes() }
}

async function main(): Promise<void> {
  if (values.help) return void process.stdout.write(HELP)
  const plan = values.quick ? PLANS.quick : PLANS.full
  const folder = mkdtempSync(join(tmpdir(), 'hookcast-load-'))
  try {
    const conditions = readConditions(folder)
    const speed = await measureSpeed(plan)
    const overload = await runOverload({ connections: 1000, seconds: plan.overloadSeconds })
    const agreement = await runAgreement(folder, plan.customers)
    const { seconds, overloadSeconds } = plan
    const findings = formatFindings({ conditions, seconds, overloadSeconds, ...speed, overload, agreement })
    console.log(`\n${findings}`)
    if (values.quick || !values.write) return
    placeFindings('npm run load', findings)
    writeFileSync(new URL('reference-api.svg', import.meta.url), drawCurve(speed.curve))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

await main()
