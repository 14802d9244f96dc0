import { realpathSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { systemClock } from '../../src/clock.ts'
import { endProcesses, ProcessQueue, processStartOf } from '../../src/queue/processes/processes.ts'
import { describeQueue } from '../conformance/queue.ts'
import { spawn } from 'node:child_process'
import { once } from 'node:events'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

describeQueue({
  name: 'process',
  create({ setup, senders, events }) {
    const pids: number[] = []
    const queue = new ProcessQueue({
      program: { entry: join(ROOT, 'src/sender/entry.ts'), readable: [ROOT, realpathSync(join(ROOT, 'node_modules'))] },
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
})
