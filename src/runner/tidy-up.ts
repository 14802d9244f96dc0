import { rmSync } from 'node:fs'
import type { Ledger } from '../ledger/ledger.ts'
import type { RunPaths } from '../ledger/run-folder.ts'

/** Makes what a run that has ended for good needs, and drops what it needs no more. */
export function tidyUp({ ledger, paths }: { readonly ledger: Ledger; readonly paths: RunPaths }): void {
  ledger.buildCustomerIndex()
  rmSync(paths.ballast, { force: true })
}
