import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/global-setup.ts'],
    // Tests wait for servers more than they compute.
    maxWorkers: Math.max(3, availableParallelism()),
    // A process for each file would load the modules again, which takes longer than the tests of most files.
    isolate: false,
    // A slow test says so with SLOW of test/support/timeouts.ts. A busy machine takes five times as long as a quiet one.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    expect: { poll: { timeout: 60_000 } },
  },
});
