import assert from 'node:assert/strict'
import { childrenOf } from '../../support/command-line.ts'
import type { Fault, FaultContext } from '../fault.ts'

/** Makes a long list, then keeps copies of it until its process dies of them: limits on each text and list do not see that. */
const EATER = [
  '{% set ns = namespace(l=[1], k=[]) %}{% if customer.eats %}',
  '{% for i in range(9) %}{% set ns.l = ns.l + ns.l + ns.l + ns.l %}{% endfor %}',
  '{% for i in range(500) %}{% set ns.k = ns.k + [ns.l + [i]] %}{% endfor %}',
  '{% endif %}{"customer_id":{{ customer.customer_id }}}',
].join('')
const CUSTOMERS = 60

/** A template that kills its process for one customer: alone, in a batch, and beside a run that has no part in it. */
async function eatMemory({ rounds, random, isShort, run, held, say }: FaultContext): Promise<void> {
  const paced = { customers: isShort ? 100 : 500, webhook: 'rate: 50/s', senders: 1 }
  const durationOf = (stdout: string): number => (JSON.parse(stdout) as { duration_ms: number }).duration_ms
  // How long it takes while nothing is wrong: a pace is for machines that have time for it.
  const aloneMs = isShort ? null : durationOf((await (await run(paced)).finish()).stdout)
  for (let round = 0; round < rounds; round++) {
    const eater = Math.floor(random() * CUSTOMERS)
    const customers = Array.from({ length: CUSTOMERS }, (_, i) => ({ customer_id: `c-${i}`, eats: i === eater }))
    const batch = [
      'batch:',
      '  size: 20',
      `  root: "[{% output customers separated by ',' %}]"`,
      `  customer: '${EATER}'`,
    ]
    const healthy = await run(paced)
    const beside = healthy.start()
    const plain = await run({ customers, body: EATER, senders: 1 })
    const batched = await run({ customers, webhook: batch.join('\n'), senders: 1 })
    for (const [faulted, what] of [
      [plain, 'alone'],
      [batched, 'in a batch'],
    ] as const) {
      const { report } = await faulted.finish()
      const { warnings } = report as { readonly warnings: readonly { code: string; count: number }[] }
      assert.deepEqual([report['sent'], report['failed']], [CUSTOMERS - 1, 1], what)
      const deaths = warnings.find(({ code }) => code === 'sender_lost')?.count
      say(`round ${round + 1}: customer ${eater} ${what} cost ${deaths ?? 0} lost slices and nobody else`)
      held(faulted.check({ crashes: deaths ?? 0 }))
    }
    const { code, stdout } = await beside.finished
    assert.equal(code, 0)
    const pace = aloneMs === null ? {} : { pace: { besideMs: durationOf(stdout), aloneMs } }
    held(healthy.check({ crashes: 0, ...pace }))
  }
  if (!isShort) await killSenders({ run, held })
}

/** Senders are killed one after the other while the coordinator lives. */
async function killSenders({ run, held }: Pick<FaultContext, 'run' | 'held'>): Promise<void> {
  const faulted = await run({ customers: 3000, webhook: 'concurrency: 20', receiver: { reply: { delayMs: 5 } } })
  const command = faulted.start()
  for (const wanted of [200, 800, 1500]) {
    assert.ok(await faulted.untilReceived(wanted, command))
    const [sender] = childrenOf(command.pid)
    if (sender !== undefined) faulted.kill(sender)
  }
  assert.equal((await command.finished).code, 0)
  held(faulted.check())
}

export const TEMPLATES: readonly Fault[] = [
  {
    id: 'F7',
    name: 'a template that eats all memory for one customer; senders killed',
    holds:
      'that customer fails (`crash`, or `render` where time is up first), also in a batch; everybody else is sent; runs beside it notice nothing',
    rounds: 2,
    shortRounds: 1,
    run: eatMemory,
  },
]
