import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    reporters: [process.env['CI'] ? 'default' : 'dot', './test/support/reporter.ts'],
    testTimeout: 90_000,
    hookTimeout: 90_000,
    maxWorkers: 2,
    // A second, as it is without this, is nothing to a machine that is busy with something else.
    expect: { poll: { timeout: 30_000 } },
  },
})
