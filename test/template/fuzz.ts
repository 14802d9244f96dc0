// `npm run fuzz -- --minutes 10 [--seed N]`: looks for a way from a template to a function, prototype or global of the host.
import { parseArgs } from 'node:util'
import { check, property } from 'fast-check'
import { hostileTemplate, payload, tryHostile, type Ending } from './hostile-template.ts'

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    seed: { type: 'string', default: String(Date.now() % 2 ** 31) },
  },
})
/** A sender's limit for one row is 1 s. */
const SLOW_US = 500_000
const endsAt = performance.now() + Number(values.minutes) * 60_000
const endings = new Map<Ending, number>()
let seed = Number(values.seed)
let templates = 0
let findings = 0
let slowest = { us: 0, template: '' }
console.log(`seed ${seed}, ${values.minutes} minutes`)
while (performance.now() < endsAt) {
  const result = check(
    property(hostileTemplate, payload, (template, kind) => {
      const before = process.threadCpuUsage()
      const ending = tryHostile(template, kind)
      const { user, system } = process.threadCpuUsage(before)
      if (user + system > slowest.us) slowest = { us: user + system, template }
      endings.set(ending, (endings.get(ending) ?? 0) + 1)
    }),
    { numRuns: 1000, seed },
  )
  templates += result.numRuns
  if (result.failed) {
    findings += 1
    console.log(
      `FOUND with seed ${seed}: ${result.counterexample?.join('  as ') ?? ''}\n${String(result.errorInstance)}`,
    )
  }
  seed += 1
}
console.log(
  `${templates.toLocaleString('en-US')} templates, ${findings} findings, the slowest ${Math.round(slowest.us / 1000)} ms of CPU`,
)
for (const [ending, count] of endings) console.log(`${count.toLocaleString('en-US').padStart(12)}  ${ending}`)
if (slowest.us > SLOW_US) console.log(`slow: ${slowest.template}`)
if (findings > 0) process.exitCode = 1
