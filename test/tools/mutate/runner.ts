import { appendFileSync } from 'node:fs'
import { registerHooks } from 'node:module'
import { dirname, join, relative } from 'node:path'
import { pathToFileURL } from 'node:url'
import fc from 'fast-check'
import { type RunnerTestCase, TestRunner, vi } from 'vitest'
import { repo } from '../../kit/process/process.ts'
import { homeMsMax, readPlan, type Verdict } from './plan.ts'
import { mutation, recorded } from './state.ts'

/** ms between two looks at a test that waits for something */
const lookMs = 100
/** looks after which it counts as failed, in addition to twenty times as long as without a mutant. Counted: a starved process looks late. */
const looksAtLeast = 30
const waitTimes = 20
/** looks in a row at a test that waits for nothing that could still come, after which it counts as failed: work of other threads is not seen */
const idleLooks = 4
/** how often a mutant may be asked for, in addition to a hundred times as often as without it */
const askedAtLeast = 20_000

const plan = readPlan()
const state = mutation(Math.max(0, ...plan.files.flatMap(({ mutants }) => mutants.map(({ id }) => id))))
const done = new Set(plan.done)
const over = new Set(plan.over)
/** by mutant: ms of the processor that it took in tests that did not notice it */
const spentMs = new Map<number, number>()
const home = new Map(
  plan.files.flatMap(({ file, mutants }) => mutants.map(({ id }) => [id, plan.homes[file]] as const)),
)
const processorMs = () => {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}
/** thrown where no test waits for it, while a mutant lives */
let uncaught = false
for (const event of ['uncaughtException', 'unhandledRejection'] as const)
  process.on(event, () => {
    uncaught = true
  })
const tell = (verdict: Verdict) => appendFileSync(plan.log, `${JSON.stringify(verdict)}\n`)

if (plan.fromStart !== 0) {
  state.active = plan.fromStart
  state.askedMax = 1_000_000
}
// equal in every run; and a counterexample need not be the shortest
fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: 1, endOnFailure: true })

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
  override importFile(...args: Parameters<TestRunner['importFile']>): ReturnType<TestRunner['importFile']> {
    tell({ worker: process.pid })
    return super.importFile(...args)
  }

  async runTask(task: RunnerTestCase): Promise<void> {
    const run = TestRunner.getTestFn(task)
    if (plan.fromStart !== 0) return void (await run())
    for (const id of recorded(state).keys()) if (!done.has(id)) tell({ id, is: 'static' })
    const test = task.fullName
    if (over.has(test)) return
    tell({ test, is: 'began' })
    const [beganAtMs, usedMs] = [performance.now(), processorMs()]
    try {
      await run()
    } catch (error) {
      tell({ test, is: 'failed' })
      throw error
    }
    const [ms, waitedMs] = [processorMs() - usedMs, performance.now() - beganAtMs]
    const folder = dirname(relative(repo, task.file.filepath))
    const hits = [...recorded(state)].filter(([id]) => isOpen(id, folder, ms))
    if (hits.length > 0 && ms > plan.pass.testMsMax) return tell({ test, is: 'long', ms })
    if (hits.length > 0)
      await tryEach(test, cleaned(task, run), hits, looksAtLeast + Math.ceil((waitTimes * waitedMs) / lookMs))
    tell({ test, is: 'over', ms })
    recorded(state)
  }
}

/** A test with what it has done at its end, after each time that it runs: a spy that stays would be noticed by the next. */
const cleaned = (task: RunnerTestCase, run: () => unknown) => async () => {
  try {
    await run()
  } finally {
    vi.restoreAllMocks()
    // what `onTestFinished` has noted
    const ends: unknown = 'onFinished' in task ? task.onFinished : undefined
    for (const end of Array.isArray(ends) ? ends.splice(0) : []) await end(task.context)
  }
}

/** Whether a test is asked about a mutant. @param ms of the test, @param folder of the test */
function isOpen(id: number, folder: string, ms: number): boolean {
  const { isHome, mutantMsMax } = plan.pass
  if (done.has(id) || (spentMs.get(id) ?? 0) >= mutantMsMax) return false
  const isOfHome = home.get(id) === folder
  return isHome ? isOfHome : !isOfHome || ms > homeMsMax
}

async function tryEach(
  test: string,
  run: () => unknown,
  hits: readonly (readonly [id: number, often: number])[],
  looks: number,
): Promise<void> {
  if (!(await succeeds(run, looks))) return tell({ test, is: 'failed' })
  const killed: number[] = []
  for (const [id, often] of hits) {
    tell({ id, is: 'tried' })
    Object.assign(state, { active: id, asked: 0, askedMax: askedAtLeast + 100 * often, isRecording: false })
    const usedMs = processorMs()
    const survived = await succeeds(run, looks)
    Object.assign(state, { active: 0, isRecording: true })
    spentMs.set(id, (spentMs.get(id) ?? 0) + processorMs() - usedMs)
    tell(survived ? { id, is: 'survived' } : { id, is: 'killed', by: test })
    if (survived) continue
    done.add(id)
    killed.push(id)
  }
  if (killed.length === 0 || (await succeeds(run, looks))) return
  tell({ test, is: 'tainted', ids: killed })
  // other tests may find what was left behind, too
  process.kill(process.pid, 'SIGKILL')
}

/** Timers, sockets and requests that may still call back. */
const pending = (): number => process.getActiveResourcesInfo().length
/** how many there were at the least beside the look itself, before a test ran: these belong to no test */
let quiet = Number.POSITIVE_INFINITY

async function succeeds(run: () => unknown, looks: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined
  uncaught = false
  try {
    const patience = new Promise((_, reject) => {
      let looked = 0
      let idle = 0
      timer = setInterval(() => {
        idle = pending() > quiet ? 0 : idle + 1
        if (++looked > looks || idle >= idleLooks) reject(new Error('it waits too long'))
      }, lookMs)
      quiet = Math.min(quiet, pending())
    })
    await Promise.race([run(), patience])
    return !uncaught
  } catch {
    return false
  } finally {
    clearInterval(timer)
  }
}
