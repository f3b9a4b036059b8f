import { cloudflareTest } from '@cloudflare/vitest-plugin'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    reporters: ['default', './test/kit/summary-reporter.ts'],
    maxWorkers: 4,
    projects: [
      {
        // pure code: no sockets, no waiting
        test: { name: 'unit', include: ['test/{shared,edge,origin}/**/*.test.ts', 'test/*.test.ts'] },
      },
      {
        plugins: [
          cloudflareTest({
            main: './edge/worker.ts',
            remoteBindings: false,
            wrangler: { configPath: './wrangler.toml' },
            miniflare: { bindings: { RELAY_PASSWORD: 'relay-secret', ADMIN_PASSWORD: 'admin-secret' } },
          }),
        ],
        test: { name: 'workers', include: ['test/workers/**/*.test.ts'] },
      },
      {
        // real processes, real sockets, real encoders and players
        test: {
          name: 'live',
          include: ['test/live/**/*.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
})
