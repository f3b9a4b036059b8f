import type { Reporter, TestModule } from 'vitest/node'

/**
 * Ends a run with the line that CI reads: `N passed, N failed`, and the skipped where there are any.
 * Above it stand, by name, the tests that miss a program on this machine (see `peers.ts`).
 */
export default class SummaryReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
    const counts = { passed: 0, failed: errors.length, skipped: 0, pending: 0 }
    const missed: string[] = []
    for (const module of modules) {
      if (!module.ok() && [...module.children.allTests()].length === 0) counts.failed++ // did not even load
      for (const test of module.children.allTests()) {
        counts[test.result().state]++
        if (test.result().state === 'skipped' && test.name.includes('[skipped: ')) missed.push(test.fullName)
      }
    }
    const skipped = counts.skipped ? `, ${counts.skipped} skipped` : ''
    const lines = [...missed, `${counts.passed} passed, ${counts.failed} failed${skipped}`]
    process.on('exit', () => process.stdout.write(`${lines.join('\n')}\n`))
  }
}
