import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { describe, expect, test as plain } from 'vitest'
import { watchInterrupts } from '../../src/cli/interrupts.ts'
import { visible } from '../../src/cli/terminal.ts'
import { systemClock } from '../../src/clock.ts'
import { test, type Desk } from './fixture.ts'

const BIN = fileURLToPath(new URL('../../bin/hookcast.js', import.meta.url))
/** Of util-linux: runs a command in a pseudo-terminal. */
const SCRIPT = 'script'
const hasPseudoTerminal = spawnSync(SCRIPT, ['--version']).status === 0

/** Types a command into a pseudo-terminal; `keys` are typed when their text was shown. */
async function onTerminal(
  desk: Desk,
  args: readonly string[],
  { keys = [], env = {} }: { keys?: readonly (readonly [shown: string, typed: string])[]; env?: object } = {},
): Promise<{ readonly code: number | null; readonly shown: string }> {
  const command = [process.execPath, BIN, '--senders', '1', ...args].map((part) => `'${part}'`).join(' ')
  const child = spawn(SCRIPT, ['--quiet', '--return', '--command', command, '/dev/null'], {
    cwd: desk.folder,
    env: { PATH: process.env['PATH'] ?? '', TERM: 'xterm', ...env },
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  let shown = ''
  const left = [...keys]
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    shown += text
    const next = left[0]
    if (next === undefined || !shown.includes(next[0])) return
    left.shift()
    child.stdin.write(next[1])
  })
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, shown }
}

describe.skipIf(!hasPseudoTerminal)('on a terminal', () => {
  test('progress is a bar that is written over, and the report is colored', async ({ openDesk }) => {
    const desk = await openDesk({ answer: () => ({ delayMs: 300 }) })
    desk.writeCampaign({ webhook: 'concurrency: 1' })
    const { code, shown } = await onTerminal(desk, ['run', 'campaign.yaml'])
    expect(code).toBe(0)
    const lines = shown.split('\r\u001B[2K')
    expect(lines[1]).toBe('Reading the audience …')
    expect(lines[2]).toMatch(/^[█░]+ +\d+ % {2}\d\/3/)
    expect(shown).toContain('\u001B[32mfinished\u001B[39m')
  })

  test('NO_COLOR takes the colors and leaves the bar', async ({ desk }) => {
    desk.writeCampaign()
    const { shown } = await onTerminal(desk, ['run', 'campaign.yaml'], { env: { NO_COLOR: '1' } })
    expect(shown).toContain('desk  finished')
    expect(shown.replaceAll('\u001B[2K', '')).not.toContain('\u001B')
    expect(shown).toContain('░')
  })

  test('Ctrl-C is heard once, although npm would pass it on as well', async ({ openDesk }) => {
    const desk = await openDesk({ answer: () => ({ delayMs: 500 }) })
    desk.writeCampaign({ webhook: 'concurrency: 1' })
    const { code, shown } = await onTerminal(desk, ['run', 'campaign.yaml'], { keys: [['1 in flight', '\u0003']] })
    expect(code).toBe(130)
    expect(shown).toContain('Stopping: nothing more is started')
    expect(shown).not.toContain('Stopping now')
    expect(shown).toMatch(/Interrupted: go on with hookcast resume [-0-9a-f]+/)
  })

  test.for([
    ['y\r', 0, 4],
    ['\r', 130, 3],
    ['\u0003', 130, 3],
    ['\u0004', 130, 3],
  ] as const)('replay asks, and %j is exit code %i', async ([typed, expected, calls], { openDesk }) => {
    const desk = await openDesk({ answer: (_, n) => ({ body: { success: n > 0 } }) })
    desk.writeCampaign({ webhook: 'concurrency: 1' })
    const { object } = await desk.json(['run', 'campaign.yaml'])
    const { code, shown } = await onTerminal(desk, ['replay', object.run_id], { keys: [['Start? [y/N]', typed]] })
    expect({ code, calls: desk.receiver.count }).toEqual({ code: expected, calls })
    expect(shown).toContain('Replaying 1 customer of')
  })

  test.for([
    ['y\r', 1, 2],
    ['\r', 130, 0],
    ['\u0003', 130, 0],
  ] as const)('check asks, and %j is exit code %i', async ([typed, expected, calls], { desk }) => {
    const args = ['check', desk.receiver.url, '--only', 'wrong_credentials']
    const { code, shown } = await onTerminal(desk, args, { keys: [['Send them? [y/N]', typed]] })
    expect({ code, calls: desk.receiver.count }).toEqual({ code: expected, calls })
    expect(shown).toContain('Up to 2 requests with X-Hookcast-Test: 1 to http://127.0.0.1')
    expect(shown.includes('\u001B[31mfail\u001B[0m')).toBe(calls > 0)
  })

  test('a preview shows control characters instead of obeying them', async ({ desk }) => {
    desk.writeCampaign({ webhook: "payload: text\nbody: '{{ customer.name }}'" })
    desk.write('customers.csv', 'id,name\na,x\u001B[2Jy\n')
    const { shown } = await onTerminal(desk, ['preview', 'campaign.yaml'])
    expect(shown).toContain(String.raw`x\x1b[2Jy`)
    const { stdout } = await desk.hookcast(['preview', 'campaign.yaml'])
    expect(stdout).toContain('x\u001B[2Jy')
  })
})

describe('visible', () => {
  plain('keeps lines, tabs and every script', () => {
    expect(visible('a\tb\n\u001B[2J\u0007\u009B\u007Fčeština 😀')).toBe(
      'a\tb\n' + String.raw`\x1b[2J\x07\x9b\x7f` + 'čeština 😀',
    )
  })
})

describe('watchInterrupts', () => {
  plain('takes two SIGINT in quick succession for one press, later ones for more', () => {
    let now = 0
    const told: string[] = []
    using interrupts = watchInterrupts({ ...systemClock, now: () => now }, (how) => told.push(how))
    const press = (at: number): void => {
      now = at
      process.emit('SIGINT')
    }
    press(0)
    press(400)
    press(800)
    expect({ told, cut: interrupts.cutSignal.aborted }).toEqual({ told: ['stop'], cut: false })
    press(1400)
    expect({ told, cut: interrupts.cutSignal.aborted }).toEqual({ told: ['stop', 'cut'], cut: true })
  })

  plain('lets SIGTERM begin to stop, however often it comes', () => {
    const told: string[] = []
    using interrupts = watchInterrupts(systemClock, (how) => told.push(how))
    process.emit('SIGTERM')
    process.emit('SIGTERM')
    expect({ told, stop: interrupts.signal.aborted, cut: interrupts.cutSignal.aborted }).toEqual({
      told: ['stop'],
      stop: true,
      cut: false,
    })
  })
})
