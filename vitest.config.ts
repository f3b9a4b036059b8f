import { cloudflareTest } from '@cloudflare/vitest-plugin'
import { defineConfig } from 'vitest/config'
import LongestFirst from './test/kit/run/longest-first.ts'
import { peerSeconds } from './test/kit/run/peer-seconds.ts'
import { isWatching, slowHouseTest, unit } from './test/kit/run/unit-project.ts'

export default defineConfig({
  test: {
    reporters: ['default', './test/kit/run/summary-reporter.ts'],
    // more than two cores can compute at once: most live tests wait, for audio to be played or a silence to be noticed
    maxWorkers: 12,
    sequence: { sequencer: LongestFirst },
    projects: [
      // a group of its own, before the others, which are in more processes than there are cores
      { test: { ...unit, sequence: { groupOrder: 0 } } },
      {
        // pure code as well, but millions of steps: run before a change is sent in, not at each save
        test: {
          name: 'crowds',
          include: ['test/crowds/**/*.test.ts', slowHouseTest],
          setupFiles: ['./test/kit/run/yield-processor.ts', './test/kit/run/seed-properties.ts'],
          sequence: { groupOrder: 1 },
          experimental: { viteModuleRunner: isWatching },
          testTimeout: 300_000,
        },
      },
      {
        plugins: [
          cloudflareTest({
            main: './edge/worker.ts',
            remoteBindings: false,
            wrangler: { configPath: './wrangler.toml' },
            miniflare: {
              bindings: {
                RELAY_PASSWORD: 'relay-secret',
                ADMIN_PASSWORD: 'admin-secret',
                PROBE: '0',
                HLS_EDGE: 'always',
              },
            },
          }),
        ],
        test: {
          name: 'workers',
          include: ['test/workers/**/*.test.ts'],
          sequence: { groupOrder: 1 },
          testTimeout: 60_000,
        },
      },
      {
        // real processes, real sockets, real encoders and players
        test: {
          name: 'live',
          // a dozen processes run the files one after the other: to start and to import anew for each was an eighth of the whole
          isolate: false,
          experimental: { viteModuleRunner: isWatching },
          setupFiles: ['./test/kit/run/leave-nothing.ts', './test/kit/run/yield-to-players.ts'],
          globalSetup: ['./test/kit/run/make-stock.ts', './test/kit/run/bundle-once.ts'],
          include: ['test/live/**/*.test.ts'],
          sequence: { groupOrder: 1 },
          testTimeout: 120_000 + 2000 * peerSeconds,
          hookTimeout: 120_000 + 2000 * peerSeconds,
        },
      },
    ],
  },
})
