// `npm run demo`: starts the reference API with its demo faults on a free port, runs this campaign against it, and ends it again.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

const ROOT = join(import.meta.dirname, '../..')
const PASSWORD = 'demo-password'

const api = spawn(process.execPath, [join(ROOT, 'reference-api/src/main.ts')], {
  env: {
    PATH: process.env['PATH'],
    PORT: '0',
    HOST: '127.0.0.1',
    API_USERS: `acme:${PASSWORD}`,
    FAULTS: 'demo',
    LOG_LEVEL: 'off',
  },
  stdio: ['ignore', 'pipe', 'inherit'],
})
process.on('exit', () => api.kill())

let port: string | undefined
for await (const line of createInterface({ input: api.stdout })) {
  port = /listening on http:\/\/127\.0\.0\.1:(\d+)/.exec(line)?.[1]
  if (port !== undefined) break
}
if (port === undefined) throw new Error('The reference API ended before it was listening')
process.stderr.write(
  `The reference API listens on http://127.0.0.1:${port} and misbehaves a little, as receivers do.\n`,
)

const campaign = join(import.meta.dirname, 'campaign.yaml')
const run = spawn(process.execPath, [join(ROOT, 'bin/hookcast.js'), 'run', campaign, ...process.argv.slice(2)], {
  env: { ...process.env, SMS_PORT: port, SMS_PASSWORD: PASSWORD },
  stdio: 'inherit',
})
// Ctrl-C reaches the run by itself: what it means there is its own affair.
process.on('SIGINT', () => undefined)
const [code] = (await once(run, 'exit')) as [number | null]
// Some customers of the demo are refused on purpose, and a run with failed customers ends with 1: the demo has worked all the same.
process.exitCode = code === 1 ? 0 : (code ?? 1)
api.kill()
process.stderr.write(
  'The reference API has ended with the demo: `report` shows the run as before, `replay` would find nobody to call.\n',
)
