import { readFileSync, realpathSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { systemClock } from '../../src/clock.ts'
import { endProcesses, ProcessQueue, processStartOf, StandbySender } from '../../src/queue/processes/processes.ts'
import { describeQueue } from '../conformance/queue.ts'
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { promisify } from 'node:util'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

const PROGRAM = {
  entry: join(ROOT, 'src/sender/entry.ts'),
  readable: [ROOT, realpathSync(join(ROOT, 'node_modules'))],
}

describeQueue({
  name: 'process',
  create({ setup, senders, events }) {
    const pids: number[] = []
    const queue = new ProcessQueue({
      // The first is one that was started ahead, as by the command; the others are not.
      program: { ...PROGRAM, standby: new StandbySender(PROGRAM) },
      senders,
      setup,
      events,
      onProcess: (pid) => pids.push(pid),
    })
    return { queue, pids: () => pids.filter((pid) => processStartOf(pid) !== '') }
  },
})

describe('endProcesses', () => {
  test('ends what a dead coordinator left, and nobody who has got its pid since', async () => {
    const child = spawn('sleep', ['60'])
    const { pid = 0 } = child
    const gone = once(child, 'exit')
    await endProcesses([{ pid, started: 'another' }], systemClock)
    expect(processStartOf(pid)).not.toBe('')
    await endProcesses([{ pid, started: processStartOf(pid) }], systemClock)
    await gone
    expect(processStartOf(pid)).toBe('')
  })

  test('takes for ended what ends just as it is to be ended', async () => {
    const script = `
      import { spawn } from 'node:child_process'
      import { systemClock } from '${ROOT}src/clock.ts'
      import { endProcesses, processStartOf } from '${ROOT}src/queue/processes/processes.ts'
      const { pid } = spawn('sleep', ['60'])
      await endProcesses([{ pid, started: processStartOf(pid) }], systemClock)
      process.stdout.write(processStartOf(pid) === '' ? 'ended' : 'there')`
    // The kernel knows nobody of that pid at the first signal; the second one reaches it.
    const within = ['-f', '-qq', '-o', '/dev/null', '-e', 'trace=kill', '-e', 'inject=kill:error=ESRCH:when=1']
    const node = [process.execPath, '--input-type=module', '--eval', script]
    const { stdout } = await promisify(execFile)('strace', [...within, ...node])
    expect(stdout).toBe('ended')
  })

  test('waits for none that ended and that its parent has not asked for', async () => {
    const parent = spawn('sh', ['-c', 'sleep 0.1 & echo $!; exec sleep 60'], { stdio: ['ignore', 'pipe', 'inherit'] })
    try {
      const pid = Number(String((await once(parent.stdout, 'data'))[0]))
      const started = processStartOf(pid)
      expect(started).not.toBe('')
      await expect.poll(() => processStartOf(pid)).toBe('')
      expect(readFileSync(`/proc/${pid}/stat`, 'utf8')).toContain(') Z ')
    } finally {
      parent.kill()
    }
  })
})

describe('a sender that was started ahead', () => {
  test('is taken once, and ends with whoever started it', async () => {
    const standby = new StandbySender(PROGRAM)
    const child = standby.take()!
    expect(standby.take()).toBeNull()
    const gone = once(child, 'exit')
    child.disconnect()
    await gone
    expect(processStartOf(child.pid!)).toBe('')
  })
})
