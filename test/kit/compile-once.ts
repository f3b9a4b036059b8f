import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { start } from './process.ts'

/** The programs that live tests start by the hundred, each by a call that has loaded its modules when it ends. */
const programs = [
  ['node', 'origin/main.ts', '--version'],
  ['node', 'edge/main.ts'], // says that it lacks its passwords, and exits
  ['wrangler', '--version'],
] as const

/**
 * Before the tests: has Node compile our programs once. Otherwise it strips the types of some two hundred files at each
 * start, which is more than half of what a start costs. A program that is killed saves nothing, so it is done here.
 */
export default async function compileOnce(): Promise<() => void> {
  const folder = mkdtempSync(join(tmpdir(), 'compiled-'))
  process.env.NODE_COMPILE_CACHE = folder // the workers have it from here, and what they start has it from them
  await Promise.all(programs.map(([command, ...args]) => start(command, args).exited))
  return () => rmSync(folder, { recursive: true, force: true })
}
