/**
 * Sends triggers to `hookcast serve` over HTTP: `npm run load:triggers`. One by one at a steady rate while a receiver takes
 * the calls, then with the receiver gone and the service killed in the middle, then as one stream; and an audience of 1 GB
 * in one upload. Bounded in count and time; what it starts ends with it.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { systemClock } from '../src/clock.ts'
import { readConditions } from './bench/conditions.ts'
import { placeFindings } from './bench/place-findings.ts'
import { startReceiver } from './triggers/receiver.ts'
import { sendSteadily, triggerText } from './triggers/send-steadily.ts'
import { Service, TOKEN, UPLOADED } from './triggers/service.ts'
import { steadyRound, untilCalled, warmUp, warmUpOf } from './triggers/steady-round.ts'
import { formatFindings, formatUpload, type KilledRound, type StreamRound, type UploadRound } from './triggers/table.ts'

const HELP = `npm run load:triggers [-- flags]

  --rate 2000      triggers a second
  --seconds 30     of each round that sends one by one
  --folder <dir>   where the data goes
  --steady         the first round only; nothing is written
  --upload         the upload of 1 GB only; nothing is written
  --profile <dir>  keeps a CPU profile of the service there; the first round only, and nothing is written
  --no-write       print only; leave load/README.md as it is
`
const { values } = parseArgs({
  allowNegative: true,
  options: {
    help: { type: 'boolean', default: false },
    rate: { type: 'string', default: '2000' },
    seconds: { type: 'string', default: '30' },
    folder: { type: 'string', default: tmpdir() },
    steady: { type: 'boolean', default: false },
    upload: { type: 'boolean', default: false },
    profile: { type: 'string' },
    write: { type: 'boolean', default: true },
  },
})
const perSecond = Number(values.rate)
const count = perSecond * Number(values.seconds)
async function killedRound(service: Service): Promise<KilledRound> {
  await using _ = service
  await service.start()
  await service.activate()
  await warmUp(service, perSecond)
  const sending = sendSteadily(service.url, { count, perSecond })
  await systemClock.sleep((count * 500) / perSecond)
  const killedAt = Date.now()
  await service.kill()
  await service.start()
  const backAt = Date.now()
  const accepted = await sending
  using receiver = await startReceiver(service.receiverPort)
  const beganAt = Date.now()
  await untilCalled(receiver, count + warmUpOf(perSecond))
  const calls = Map.groupBy(await receiver.journal(), ({ id }) => id)
  return {
    accepted,
    killedAt,
    backAt,
    missing: accepted.filter(({ id }) => !calls.has(id)).length,
    twice: [...calls.values()].filter((each) => each.length > 1).length,
    sentInMs: Date.now() - beganAt,
  }
}

async function streamRound(service: Service): Promise<StreamRound> {
  await using _ = service
  await service.start()
  await service.activate()
  using receiver = await startReceiver(service.receiverPort)
  const lines = Array.from({ length: count }, (_, n) => `${triggerText(`t-${n}`, n)}\n`).join('')
  const beganAt = performance.now()
  const counts = await post(service, lines, 'application/x-ndjson')
  const acceptedMs = performance.now() - beganAt
  await untilCalled(receiver, count)
  const ids = new Set((await receiver.journal()).map(({ id }) => id))
  return { accepted: counts.accepted, acceptedMs, calledMs: performance.now() - beganAt, missing: count - ids.size }
}

const UPLOAD_ROWS = 1_000_000
const ROW_PADDING = 'x'.repeat(960)

async function uploadRound(service: Service): Promise<UploadRound> {
  await using _ = service
  await service.start()
  using receiver = await startReceiver(service.receiverPort)
  const peakBytesBefore = service.taken().peakBytes
  let rows = 0
  let bytes = 0
  const body = new ReadableStream<Uint8Array>({
    pull: (controller) => {
      const lines = Array.from({ length: 1000 }, (_, n) => `{"customer_id":"c-${rows + n}","note":"${ROW_PADDING}"}\n`)
      const block = Buffer.from(lines.join(''))
      rows += lines.length
      bytes += block.length
      controller.enqueue(block)
      if (rows >= UPLOAD_ROWS) controller.close()
    },
  })
  const headers = { Authorization: `Bearer ${TOKEN}`, 'Content-Type': 'application/x-ndjson' }
  const beganAt = performance.now()
  const url = `${service.url}/v1/campaigns/${UPLOADED}/runs?limit=1`
  const answer = await fetch(url, { method: 'POST', headers, body, duplex: 'half' })
  const answeredMs = performance.now() - beganAt
  if (answer.status !== 201) throw new Error(`Not started: ${answer.status} ${await answer.text()}`)
  await untilCalled(receiver, 1)
  return { bytes, customers: rows, answeredMs, peakBytesBefore, peakBytes: service.taken().peakBytes }
}

async function post(service: Service, body: string, type: string): Promise<{ readonly accepted: number }> {
  const headers = { Authorization: `Bearer ${TOKEN}`, 'Content-Type': type }
  const answer = await fetch(`${service.url}/v1/triggers`, { method: 'POST', headers, body })
  if (answer.status !== 202) throw new Error(`Not accepted: ${answer.status} ${await answer.text()}`)
  return (await answer.json()) as { accepted: number }
}

async function main(): Promise<void> {
  if (values.help) return void process.stdout.write(HELP)
  const folder = mkdtempSync(join(values.folder, 'hookcast-triggers-'))
  const prepare = (name: string): Promise<Service> =>
    Service.prepare(join(folder, name), { profileFolder: values.profile ?? null })
  try {
    const conditions = readConditions(folder)
    if (values.upload) return console.log(formatUpload(await uploadRound(await prepare('upload'))))
    const steady = await steadyRound(await prepare('steady'), { count, perSecond })
    if (values.steady || values.profile !== undefined)
      return console.log(formatFindings({ conditions, perSecond, steady }))
    const killed = await killedRound(await prepare('killed'))
    const stream = await streamRound(await prepare('stream'))
    const upload = await uploadRound(await prepare('upload'))
    const findings = formatFindings({ conditions, perSecond, steady, killed, stream, upload })
    console.log(findings)
    if (values.write) placeFindings('npm run load:triggers', findings)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

await main()
