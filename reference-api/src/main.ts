import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { startServer } from './server.ts'
import { readSettings, SettingsError } from './settings.ts'
import type { Environment } from './settings.ts'

/** The demo: a user with a fresh password, loopback only, and now and then a fault. */
/** As `.env.example` has them, names without a value count as left out. */
function demoEnvironment(): Environment {
  const password = randomBytes(12).toString('base64url')
  if (!process.env['API_USERS']) console.log(`user demo, password ${password}`)
  const users = process.env['API_USERS'] || `demo:${password}`
  return { ...process.env, API_USERS: users, FAULTS: process.env['FAULTS'] || 'demo', HOST: '127.0.0.1' }
}

async function main(): Promise<void> {
  if (existsSync('.env')) process.loadEnvFile('.env')
  const settings = readSettings(process.argv.includes('--demo') ? demoEnvironment() : process.env)
  const server = await startServer(settings)
  if (server.adminUrl !== null) console.log(`administration on ${server.adminUrl}`)
  console.log(`listening on ${server.url}`)
  const stop = (): void => {
    // A second signal ends the process at once, as it would without us.
    process.removeAllListeners('SIGINT').removeAllListeners('SIGTERM')
    void server.stop().then(() => process.exit(0))
  }
  process.on('SIGINT', stop).on('SIGTERM', stop)
  process.on('SIGHUP', () => server.reloadCertificate())
}

main().catch((error: unknown) => {
  // Settings that are wrong are a list of sentences; what else can stop the start says where it happened.
  console.error(error instanceof SettingsError ? error.message : error)
  process.exit(2)
})
