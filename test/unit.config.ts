import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'
import { unit } from './kit/run/unit-project.ts'

/** The unit tests alone: vitest.config.ts loads the plugin of Workers, and starts a Vite for each project, at each save. */
export default defineConfig({
  root: fileURLToPath(new URL('..', import.meta.url)),
  test: { ...unit, reporters: ['default', './test/kit/run/summary-reporter.ts'] },
})
