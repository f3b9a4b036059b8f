import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { expect, onTestFinished, test } from 'vitest'
import { repo, start } from '../kit/process.ts'

const kibibytes = (bytes: number) => bytes / 1024

/** What the README promises, in KiB; raised there in the change that makes the worker grow. */
function promised(): { whole: number; gzip: number } {
  const readme = readFileSync(join(repo, 'README.md'), 'utf8')
  const [, whole, gzip] = /at most (\d+) KiB, (\d+) KiB gzip/.exec(readme) ?? []
  return { whole: Number(whole), gzip: Number(gzip) }
}

test('wrangler bundles the worker, and it is no larger than the README says', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'bundle-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const deploying = start('wrangler', ['deploy', '--dry-run', '--minify', '--outdir', folder], {
    env: { WRANGLER_SEND_METRICS: 'false' },
  })
  expect((await deploying.exited).code, deploying.output()).toBe(0)
  const worker = readFileSync(join(folder, 'worker.js'))
  expect(kibibytes(worker.length)).toBeLessThanOrEqual(promised().whole)
  expect(kibibytes(gzipSync(worker).length)).toBeLessThanOrEqual(promised().gzip)
})
