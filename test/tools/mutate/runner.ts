import { appendFileSync } from 'node:fs'
import { registerHooks } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import fc from 'fast-check'
import { type RunnerTestCase, TestRunner } from 'vitest'
import { repo } from '../../kit/process.ts'
import { type MutantVerdict, readPlan } from './plan.ts'
import { mutation, recorded } from './state.ts'

/** tests outside of its own folder that a mutant has to survive */
const farTestsMax = 60
/** ms after which a test that waits for something counts as failed, in addition to twenty times as long as without a mutant */
const waitAtLeastMs = 3000
const waitTimes = 20
/** how often a mutant may be asked for, in addition to a hundred times as often as without it */
const askedAtLeast = 20_000

const plan = readPlan()
const state = mutation()
const done = new Set(plan.done)
const farTests = new Map<number, number>()
const tell = (verdict: MutantVerdict) => appendFileSync(plan.log, `${JSON.stringify(verdict)}\n`)

if (plan.fromStart !== 0) {
  state.active = plan.fromStart
  state.askedMax = 1_000_000
}
// a counterexample need not be the shortest
fc.configureGlobal({ ...fc.readConfigureGlobal(), endOnFailure: true })

const sources = new Map(plan.files.map(({ file, source }) => [pathToFileURL(join(repo, file)).href, source]))
registerHooks({
  load(url, context, next) {
    const source = sources.get(url.split('?', 1)[0] ?? url)
    return source === undefined
      ? next(url, context)
      : { format: 'module-typescript', source, shortCircuit: true }
  },
})

/** Runs each test once as it is, and then once for each mutant that it reaches, in the same process: nothing is imported again. */
export default class MutationRunner extends TestRunner {
  async runTask(test: RunnerTestCase): Promise<void> {
    const run = TestRunner.getTestFn(test)
    if (plan.fromStart !== 0) return void (await run())
    for (const id of recorded(state).keys()) if (!done.has(id)) tell({ id, is: 'static' })
    const beganAtMs = performance.now()
    await run()
    const waitMs = waitAtLeastMs + waitTimes * (performance.now() - beganAtMs)
    const hits = recorded(state)
    const isFar = !plan.near.some((file) => test.file.filepath.endsWith(file))
    const tried = [...hits].filter(
      ([id]) => !done.has(id) && (!isFar || (farTests.get(id) ?? 0) < farTestsMax),
    )
    if (tried.length === 0 || !(await succeeds(run, waitMs))) return
    for (const [id, often] of tried) {
      tell({ id, is: 'tried' })
      if (isFar) farTests.set(id, (farTests.get(id) ?? 0) + 1)
      Object.assign(state, { active: id, asked: 0, askedMax: askedAtLeast + 100 * often, isRecording: false })
      const survived = await succeeds(run, waitMs)
      Object.assign(state, { active: 0, isRecording: true })
      if (survived) tell({ id, is: 'survived' })
      else {
        done.add(id)
        tell({ id, is: 'killed', by: test.name })
      }
    }
    recorded(state)
  }
}

async function succeeds(run: () => unknown, waitMs: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined
  try {
    const patience = new Promise((_, reject) => {
      timer = setTimeout(() => reject(new Error('it waits too long')), waitMs)
    })
    await Promise.race([run(), patience])
    return true
  } catch {
    return false
  } finally {
    clearTimeout(timer)
  }
}
