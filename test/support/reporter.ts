import type { Reporter, TestModule } from 'vitest/node'

/** Prints `N passed, N failed, N skipped` as the very last line of a run; skipped tests are named above it with their reason. */
export default class PlainLine implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
    const counts = { passed: 0, failed: errors.length, skipped: 0 }
    const skipped: string[] = []
    for (const module of modules) {
      if (module.children.size === 0 && !module.ok()) counts.failed++
      for (const test of module.children.allTests()) {
        const result = test.result()
        if (result.state === 'pending') continue
        counts[result.state]++
        if (result.state === 'skipped') skipped.push(`skipped: ${test.fullName}: ${result.note ?? 'NO REASON GIVEN'}`)
      }
    }
    const line = `${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped\n`
    // Vitest's own summary is printed after this hook; the plain line has to come last.
    process.once('exit', () => process.stdout.write([...skipped, line].join('\n')))
  }
}
