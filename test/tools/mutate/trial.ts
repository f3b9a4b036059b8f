import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { repo } from '../../kit/process.ts'
import type { Mutant, MutatedFile } from './mutants.ts'
import { type MutantVerdict, type MutationPlan, planVariable } from './plan.ts'

/** What became of a mutant; those that no test reaches are not in the result. */
export type Fate = 'killed' | 'endless' | 'survived' | 'static' | 'not reached'

interface Trial {
  files: readonly MutatedFile[]
  mutants: readonly Mutant[]
  tests: { near: readonly string[]; far: readonly string[] }
  withStatic: boolean
}

/** ms without a verdict after which the mutant that is tried counts as one without end */
const silenceMs = 120_000
/** ms between two looks at the verdicts */
const lookMs = 1000

/** Tries mutants, in as many processes after each other as some of them hang. */
export async function decide({ files, mutants, tests, withStatic }: Trial): Promise<Map<number, Fate>> {
  const folder = mkdtempSync(join(tmpdir(), 'distributary-mutate-'))
  const [log, planFile] = [join(folder, 'log'), join(folder, 'plan.json')]
  const fates = new Map<number, Fate>()
  const wanted = new Set(mutants.map(({ id }) => id))
  const others = files.flatMap(({ mutants }) => mutants.map(({ id }) => id)).filter((id) => !wanted.has(id))
  const run = (done: readonly number[], fromStart: number) => {
    const plan: MutationPlan = { files, done: [...others, ...done], ...tests, log, fromStart }
    writeFileSync(planFile, JSON.stringify(plan))
    writeFileSync(log, '')
    return runTests(planFile, log)
  }
  try {
    for (;;) {
      const decided = [...fates].filter(([, fate]) => fate === 'killed' || fate === 'endless')
      const ended = await run(
        decided.map(([id]) => id),
        0,
      )
      const last = readVerdicts(log, fates)
      if (ended !== 'silent' && fates.size === 0) throw new Error('the tests do not run')
      // a test that fails by itself is passed over
      if (last === undefined) {
        if (ended === 'silent')
          console.error(`no mutant was tried for ${silenceMs / 1000} s: the tests after that did not run`)
        break
      }
      fates.set(last, 'endless')
    }
    for (const [id, fate] of fates)
      if (withStatic && fate === 'static') fates.set(id, staticFates[await run([], id)])
    return fates
  } finally {
    rmSync(folder, { recursive: true })
  }
}

const staticFates = { whole: 'survived', failed: 'killed', silent: 'endless' } as const

/** Adds verdicts to the fates. Returns the mutant that was tried last, if no verdict followed. */
function readVerdicts(log: string, fates: Map<number, Fate>): number | undefined {
  let open: number | undefined
  for (const line of readFileSync(log, 'utf8').split('\n').slice(0, -1)) {
    const { id, is } = JSON.parse(line) as MutantVerdict
    open = is === 'tried' ? id : undefined
    // a test that notices nothing does not excuse one that does; importing comes before both
    const before = fates.get(id)
    if (
      is === 'killed' ||
      (is === 'survived' && before !== 'killed') ||
      (is === 'static' && before === undefined)
    )
      fates.set(id, is)
  }
  return open
}

/** Runs vitest until it ends, or no mutant is decided for a while. */
function runTests(planFile: string, log: string): Promise<'whole' | 'failed' | 'silent'> {
  const args = ['run', '--config', 'test/tools/mutate/vitest.config.ts']
  const child = spawn(join(repo, 'node_modules/.bin/vitest'), args, {
    cwd: repo,
    env: { ...process.env, [planVariable]: planFile },
    stdio: ['ignore', 'ignore', 'inherit'],
    detached: true, // its workers are ended with it
  })
  return new Promise((resolve) => {
    let size = -1
    let sinceMs = performance.now()
    let isSilent = false
    const timer = setInterval(() => {
      const now = existsSync(log) ? statSync(log).size : 0
      if (now !== size) sinceMs = performance.now()
      size = now
      if (performance.now() - sinceMs < silenceMs || isSilent || child.pid === undefined) return
      isSilent = true
      process.kill(-child.pid, 'SIGKILL')
    }, lookMs)
    child.once('exit', (code) => {
      clearInterval(timer)
      resolve(isSilent ? 'silent' : code === 0 ? 'whole' : 'failed')
    })
  })
}
