import { describe, expect, it } from 'vitest'
import { diskOf, watchStorage } from '../../src/serve/storage-watch.ts'
import { createParts } from './fixture.ts'

const GIB = 1024 ** 3

describe('the watch over the disk', () => {
  it('tells once that there is little room, and again only after there was enough', async () => {
    using parts = createParts()
    const { clock, telemetry, lines } = parts
    let freeBytes = 2 * GIB
    const told: number[] = []
    const stop = watchStorage({
      clock,
      telemetry,
      look: () => ({ freeBytes, totalBytes: 100 * GIB }),
      onLow: ({ free_bytes }) => void told.push(free_bytes),
    })
    for (const free of [0.9, 0.5, 1.1, 0.9, 1.3, 0.8]) {
      freeBytes = free * GIB
      clock.skip(30_000)
    }
    stop()
    clock.skip(60_000)
    expect(told).toEqual([0.9 * GIB, 0.8 * GIB])
    expect(lines.map(({ msg, least_bytes }) => [msg, least_bytes])).toEqual([
      ['storage.low', GIB],
      ['storage.low', GIB],
    ])
    const { text } = await telemetry.exposition()
    expect(text).toContain(`hookcast_storage_free_bytes ${0.8 * GIB}`)
  })

  it('asks a small disk for a share of it', () => {
    using parts = createParts()
    const told: number[] = []
    const look = (): { freeBytes: number; totalBytes: number } => ({ freeBytes: 0.04 * GIB, totalBytes: GIB })
    watchStorage({ ...parts, look, onLow: ({ least_bytes }) => void told.push(least_bytes) })()
    expect(told).toEqual([Math.round(0.05 * GIB)])
  })

  it('looks at the disk that a folder is on', () => {
    using parts = createParts()
    const { freeBytes, totalBytes } = diskOf(parts.folder)
    expect(freeBytes).toBeGreaterThan(0)
    expect(totalBytes).toBeGreaterThanOrEqual(freeBytes)
  })
})
