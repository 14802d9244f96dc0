import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { startReceiverProcess } from '../support/receiver.ts'
import type { ReceiverProcess, Reply } from '../support/receiver.ts'

const SCRIPT = `
  const server = require('node:net').createServer().listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
    require('node:fs').writeSync(1, String(server.address().port))
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20_000)
  })`

/** A server that listens and never accepts: once its short line is full, connecting gets no answer at all. */
export async function listenDeaf(): Promise<string> {
  const child = spawn(process.execPath, ['-e', SCRIPT], { stdio: ['ignore', 'pipe', 'inherit'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  const [port] = (await once(child.stdout, 'data')) as [Buffer]
  return `http://127.0.0.1:${port.toString()}`
}

/** A receiver that goes on while this process stands still. */
export async function receiveElsewhere(reply: Reply = {}): Promise<ReceiverProcess> {
  const folder = mkdtempSync(join(tmpdir(), 'receiver-'))
  const receiver = await startReceiverProcess({ journal: join(folder, 'journal.ndjson'), reply })
  onTestFinished(async () => {
    await receiver.kill()
    rmSync(folder, { recursive: true })
  })
  return receiver
}

/** Blocks the event loop. */
export function standStill(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
}
