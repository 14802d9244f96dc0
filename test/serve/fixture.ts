import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ServiceStore } from '../../src/ledger/service-store.ts'
import { Telemetry } from '../../src/telemetry.ts'
import { SkippingClock } from '../support/skipping-clock.ts'

/** What the parts of a service share. */
export interface Parts extends Disposable {
  readonly folder: string
  readonly clock: SkippingClock
  readonly store: ServiceStore
  readonly telemetry: Telemetry
  readonly lines: Record<string, unknown>[]
}

export function createParts(): Parts {
  const folder = mkdtempSync(join(tmpdir(), 'serve-'))
  const clock = new SkippingClock()
  const store = new ServiceStore(folder, clock)
  const lines: Record<string, unknown>[] = []
  const destination = { write: (text: string) => void lines.push(JSON.parse(text) as Record<string, unknown>) }
  const telemetry = new Telemetry({ clock, version: '0.0.0', attempts: 'failed', destination })
  const dispose = (): void => {
    store[Symbol.dispose]()
    rmSync(folder, { recursive: true })
  }
  return { folder, clock, store, telemetry, lines, [Symbol.dispose]: dispose }
}
