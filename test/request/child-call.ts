import { CallClient } from '../../src/request/request.ts'
import type { CallResult } from '../../src/request/request.ts'
import type { ChildConfig } from './fixture.ts'

const config = JSON.parse(process.argv[2] ?? '') as ChildConfig
const own = new CallClient(config.options)

function callOnce(call: ChildConfig['calls'][number], client = own): Promise<CallResult> {
  return new Promise((resolve) => {
    client.call({ path: '/', method: 'POST', headers: [], body: '{}', ...call }, (result) => {
      if (config.throws === true) throw new Error('a defect of the caller')
      resolve(result)
    })
  })
}

const { calls, destroyAfterMs, origins } = config
const results: CallResult[] = []
if (origins !== undefined) {
  for (const origin of origins) {
    const client = new CallClient({ ...config.options, origin })
    results.push(await callOnce({}, client))
    await client.destroy()
  }
} else if (config.isParallel === true) {
  const pending = calls.map((call) => callOnce(call))
  if (destroyAfterMs !== undefined) setTimeout(() => void own.destroy(), destroyAfterMs)
  results.push(...(await Promise.all(pending)))
} else {
  for (const call of calls) results.push(await callOnce(call))
}
await own.destroy()
process.stdout.write(JSON.stringify({ results, peakMb: process.resourceUsage().maxRSS / 1024 }))
