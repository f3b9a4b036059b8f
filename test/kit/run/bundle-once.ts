import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { bundle } from '../../../deploy/build/bundle.ts'
import { start } from '../process/process.ts'
import { bundleVariables, encodedVariable, sources } from '../process/programs.ts'

/**
 * Before the tests: bundles the programs that live tests start by the hundred, and has Node compile them once, and the
 * sources for the tests that start those. From the sources Node reads some two hundred files at each start and strips their types.
 * A program that is killed saves no compiled code, so it is done here.
 */
export default async function bundleOnce(): Promise<() => void> {
  const folder = mkdtempSync(join(tmpdir(), 'bundled-'))
  const compiled = join(folder, 'compiled')
  mkdirSync(compiled)
  for (const each of [folder, compiled]) chmodSync(each, 0o755) // some tests start programs as another user
  // the workers have these from here, and what they start has them from the workers
  process.env.NODE_COMPILE_CACHE = compiled
  process.env[encodedVariable] = folder
  await Promise.all([
    ...(['origin', 'edge'] as const).map(async (part) => {
      const file = join(folder, `${part}.mjs`)
      writeFileSync(file, await bundle(`${part}.mjs`))
      process.env[bundleVariables[part]] = file
      for (const program of [file, sources[part]]) await start('node', [program, '--version']).exited
    }),
    // where all tests run, it starts a dozen times: a second here, and half of one less each time
    ...(process.env.ALL_REPETITIONS === '1' ? [start('wrangler', ['--version']).exited] : []),
  ])
  // a program that ends at this moment may save what it has compiled
  return () => rmSync(folder, { recursive: true, force: true, maxRetries: 10 })
}
