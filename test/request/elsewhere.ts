import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
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

const OBEDIENT = `
  const { existsSync, writeFileSync } = require('node:fs')
  const folder = process.argv[1]
  const server = require('node:http').createServer((request, response) => {
    writeFileSync(folder + '/asked', '')
    const look = setInterval(() => {
      if (!existsSync(folder + '/go')) return
      clearInterval(look)
      response.end('{}', () => writeFileSync(folder + '/answered', ''))
    }, 5)
  }).listen(0, '127.0.0.1', () => process.stdout.write(String(server.address().port)))`

/** A server that answers when it is told to, and says so by files: to be talked with while this event loop stands still. */
export async function answerWhenTold(): Promise<{
  readonly origin: string
  readonly wasAsked: () => boolean
  readonly tellToAnswer: () => void
  readonly hasAnswered: () => boolean
}> {
  const folder = mkdtempSync(join(tmpdir(), 'receiver-'))
  const child = spawn(process.execPath, ['-e', OBEDIENT, folder], { stdio: ['ignore', 'pipe', 'inherit'] })
  onTestFinished(async () => {
    child.kill('SIGKILL')
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
    rmSync(folder, { recursive: true })
  })
  const [port] = (await once(child.stdout, 'data')) as [Buffer]
  return {
    origin: `http://127.0.0.1:${port.toString()}`,
    wasAsked: () => existsSync(join(folder, 'asked')),
    tellToAnswer: () => writeFileSync(join(folder, 'go'), ''),
    hasAnswered: () => existsSync(join(folder, 'answered')),
  }
}

/** Blocks the event loop. */
export function standStill(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
}
