import { systemClock } from '../../src/clock.ts'
import { ServiceStore } from '../../src/ledger/service-store.ts'
import { triggersOf } from '../trigger/service.ts'

/**
 * The triggers of a service in a process of their own, to be killed: sends itself triggers from number `from` on, and prints
 * each number once it was accepted. With `by` it activates that campaign first.
 */
const [data = '', campaigns = '', from = '0', count = '0', by = ''] = process.argv.slice(2)
const store = new ServiceStore(data, systemClock)
const triggers = triggersOf({ store, data, campaigns, clock: systemClock })
await triggers.start()
if (by !== '') await triggers.campaigns.activate('welcome', { by })
process.stdout.write('ready\n')
const AT_ONCE = 10
for (let n = Number(from); n < Number(from) + Number(count); n += AT_ONCE) {
  const numbers = Array.from({ length: AT_ONCE }, (_, i) => n + i)
  const accepted = numbers.map(async (number) => {
    const trigger = { id: `t-${number}`, type: 'user.registered', customer: { customer_id: `c-${number}` } }
    await triggers.inbox.accept(JSON.stringify(trigger))
    process.stdout.write(`${number}\n`)
  })
  await Promise.all(accepted)
}
