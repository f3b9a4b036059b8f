import { cloudflareTest } from '@cloudflare/vitest-plugin'
import { defineConfig } from 'vitest/config'
import { peerSeconds } from './test/kit/peer-seconds.ts'

export default defineConfig({
  test: {
    reporters: ['default', './test/kit/summary-reporter.ts'],
    maxWorkers: 4,
    projects: [
      {
        // pure code: no sockets, no waiting; the limit only ends what hangs
        test: {
          name: 'unit',
          include: ['test/{shared,edge,origin,tools}/**/*.test.ts', 'test/*.test.ts'],
          testTimeout: 120_000,
        },
      },
      {
        // pure code as well, but millions of steps: what is run before a change is sent in, not at each save
        test: { name: 'crowds', include: ['test/crowds/**/*.test.ts'], testTimeout: 300_000 },
      },
      {
        plugins: [
          cloudflareTest({
            main: './edge/worker.ts',
            remoteBindings: false,
            wrangler: { configPath: './wrangler.toml' },
            miniflare: {
              bindings: { RELAY_PASSWORD: 'relay-secret', ADMIN_PASSWORD: 'admin-secret', PROBE: '0' },
            },
          }),
        ],
        test: { name: 'workers', include: ['test/workers/**/*.test.ts'], testTimeout: 60_000 },
      },
      {
        // real processes, real sockets, real encoders and players
        test: {
          name: 'live',
          globalSetup: './test/kit/make-stock.ts',
          include: ['test/live/**/*.test.ts'],
          testTimeout: 120_000 + 2000 * peerSeconds,
          hookTimeout: 120_000 + 2000 * peerSeconds,
        },
      },
    ],
  },
})
