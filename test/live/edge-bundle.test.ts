import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { start } from '../kit/process.ts'

/** KiB of what is uploaded to Workers; raised in the commit that grows it, with the reason. */
const rawMax = 240
const gzipMax = 84

const env = { WRANGLER_SEND_METRICS: 'false' }

test('the worker bundles without an account, and is no larger than it was', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'bundle-'))
  const wrangler = start('wrangler', ['deploy', '--dry-run', '--outdir', folder], { env })
  expect(await wrangler.exited, wrangler.output()).toEqual({ code: 0, signal: null })
  const bundle = readFileSync(join(folder, 'worker.js'))
  rmSync(folder, { recursive: true })
  const [raw, gzip] = [bundle.length, gzipSync(bundle).length].map((bytes) => bytes / 1024) as [
    number,
    number,
  ]
  console.log(`the worker: ${raw.toFixed(1)} KiB, gzip ${gzip.toFixed(1)} KiB`)
  expect(raw).toBeLessThan(rawMax)
  expect(gzip).toBeLessThan(gzipMax)
})

test('the types of its environment are those of wrangler.toml', async () => {
  const flags = ['--check', '--strict-vars=false', '--include-runtime=false']
  const wrangler = start('wrangler', ['types', ...flags, 'edge/worker-env.d.ts'], { env })
  expect(await wrangler.exited, wrangler.output()).toEqual({ code: 0, signal: null })
})
