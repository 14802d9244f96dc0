import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { systemClock } from '../../src/clock.ts'
import type { SenderSetup } from '../../src/sender/sender.ts'
import { lendRows } from '../../src/trial/lend-rows.ts'

test('a row that a process dies over is the one to blame, and all others are looked at once', async () => {
  const block = (firstSeq: number) => ({
    chunk: 0,
    firstSeq,
    count: 5,
    lines: Buffer.from('{}\n'.repeat(5)),
    batches: null,
  })
  const seen: [number, string][] = []
  await lendRows([block(0), block(5), block(10)], {
    setup: {} as SenderSetup,
    senders: 1,
    program: {
      entry: fileURLToPath(new URL('dying-sender.ts', import.meta.url)),
      readable: [fileURLToPath(new URL('../..', import.meta.url))],
    },
    clock: systemClock,
    onReport: ({ seq, verdict }) => seen.push([seq, verdict.kind === 'called' ? 'called' : verdict.reason]) > 0,
  })
  expect(seen.toSorted(([a], [b]) => a - b)).toEqual(
    Array.from({ length: 15 }, (_, seq) => [seq, seq === 7 ? 'crash' : 'template']),
  )
})
