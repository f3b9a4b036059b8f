import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { repo } from '../../kit/process/process.ts'
import { signalQuietly } from '../../kit/process/process-group.ts'
import { cpuTicks } from '../../kit/process/process-use.ts'
import type { Mutant, MutatedFile } from './mutants.ts'
import {
  homeMsMax,
  type MutantVerdict,
  type MutationPlan,
  type Pass,
  planVariable,
  type Verdict,
} from './plan.ts'
import { homeOf } from './related.ts'

/** What became of a mutant; those that no test reaches are not in the result. */
export type Fate = 'killed' | 'endless' | 'survived' | 'static' | 'not reached'

interface Trial {
  files: readonly MutatedFile[]
  mutants: readonly Mutant[]
  /** files, in the order in which they run */
  tests: readonly string[]
  withStatic: boolean
  /** only the tests about the files are asked */
  isNear: boolean
}

/** ms between two looks at the verdicts */
const lookMs = 1000
/** looks without a verdict after which the mutant that is tried counts as one without end. Counted: it may have been stopped meanwhile */
const silentLooksMax = 120
/** … or s of the processor that its worker has used without one: the imports of a file, and twenty times what a test takes */
const silentSecondsMax = ({ testMsMax }: Pass) => 4 + (20 * testMsMax) / 1000

/** Tests about the file itself and short ones kill most mutants: the others are only asked about those that are left. */
const homePasses: readonly Pass[] = [
  { isHome: true, testMsMax: 20, mutantMsMax: 200 },
  { isHome: true, testMsMax: homeMsMax, mutantMsMax: 400 },
]
const staticPass: Pass = { isHome: true, testMsMax: homeMsMax, mutantMsMax: 0 }
const otherPasses: readonly Pass[] = [
  { isHome: false, testMsMax: 10, mutantMsMax: 150 },
  { isHome: false, testMsMax: 100, mutantMsMax: 300 },
  { isHome: false, testMsMax: 500, mutantMsMax: 600 },
]

/** ms of the processor that each test took when it ran last; git ignores it. */
const timesFile = join(repo, 'dist/mutate/test-ms.json')

/** Tries mutants, in as many processes after each other as there are passes and some of them hang. */
export async function decide({
  files,
  mutants,
  tests,
  withStatic,
  isNear,
}: Trial): Promise<Map<number, Fate>> {
  const folder = mkdtempSync(join(tmpdir(), 'distributary-mutate-'))
  const [log, planFile] = [join(folder, 'log'), join(folder, 'plan.json')]
  const known: Known = {
    fates: new Map(),
    over: new Set(),
    failed: new Set(),
    doubtful: new Set(),
    msOf: readTimes(),
  }
  const { fates } = known
  const wanted = new Set(mutants.map(({ id }) => id))
  const others = files.flatMap(({ mutants }) => mutants.map(({ id }) => id)).filter((id) => !wanted.has(id))
  const homes = Object.fromEntries(files.map(({ file }) => [file, homeOf(file)]))
  const run = (pass: Pass, fromStart = 0) => {
    const decided = fromStart === 0 ? [...fates].filter(([, fate]) => isDecided(fate)) : []
    const done = [...others, ...decided.map(([id]) => id)]
    const long = [...known.msOf].filter(([, ms]) => ms > pass.testMsMax).map(([test]) => test)
    const over = [...known.over, ...known.failed, ...long]
    const plan: MutationPlan = { files, done, over, tests, homes, pass, log, fromStart }
    writeFileSync(planFile, JSON.stringify(plan))
    writeFileSync(log, '')
    // what fails there is a verdict, not a message
    return runTests(planFile, log, silentSecondsMax(pass), fromStart === 0 ? 'inherit' : 'ignore')
  }
  try {
    for (const passes of isNear ? [homePasses] : [homePasses, otherPasses]) {
      known.over.clear()
      for (const pass of passes) {
        while (goesOn(await run(pass), readVerdicts(log, known), known)) {}
        writeTimes(known.msOf)
        const left = mutants.filter(({ id }) => !isDecided(fates.get(id))).length
        const which = `${pass.isHome ? 'tests about the files' : 'all tests'} of up to ${pass.testMsMax} ms`
        console.error(`by ${which}: ${left} of ${mutants.length} mutants are left`)
      }
    }
    if (fates.size === 0) throw new Error('no test reaches a mutant, or the tests do not run')
    for (const test of known.failed) console.error(`passed over, since it fails without a mutant: ${test}`)
    for (const [id, fate] of fates)
      if ((withStatic && fate === 'static') || (fate === 'survived' && isByItself(id, known)))
        fates.set(id, staticFates[await run(staticPass, id)])
    return fates
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** Whether the rest of the tests has to run in another process: this one was ended, or ended by itself before they had all run. */
function goesOn(ended: Ended, { mutant, test, isTainted, isFurther }: UnderWay, known: Known): boolean {
  if (isTainted) return true
  if (mutant !== undefined) known.fates.set(mutant, 'endless')
  // with no mutant living, so it says nothing
  else if (ended !== 'whole' && test !== undefined) known.failed.add(test)
  // a test that fails ends with this too: then no other is left to run
  else return ended !== 'whole' && isFurther
  return true
}

const isDecided = (fate: Fate | undefined) => fate === 'killed' || fate === 'endless'

/** Without those of files that have changed since: a test that was too long may be short now. */
function readTimes(): Map<string, number> {
  try {
    const { mtimeMs } = statSync(timesFile)
    const isAsItWas = ([test]: [string, number]) => {
      const file = statSync(join(repo, test.split(' > ', 1)[0] ?? ''), { throwIfNoEntry: false })
      return file !== undefined && file.mtimeMs < mtimeMs
    }
    return new Map(Object.entries<number>(JSON.parse(readFileSync(timesFile, 'utf8'))).filter(isAsItWas))
  } catch {
    return new Map() // nothing is known yet
  }
}

function writeTimes(msOf: ReadonlyMap<string, number>): void {
  mkdirSync(dirname(timesFile), { recursive: true })
  writeFileSync(timesFile, JSON.stringify(Object.fromEntries(msOf), undefined, 1))
}

/** Whether a mutant that leaves something behind gets a process: there the first test that fails tells. */
const isByItself = (id: number, { doubtful, failed }: Known) => doubtful.has(id) && failed.size === 0

const staticFates = { whole: 'survived', failed: 'killed', silent: 'endless' } as const

/** What processes have told so far. */
interface Known {
  fates: Map<number, Fate>
  /** full names of tests by which all mutants were tried that they reach, in this pass */
  over: Set<string>
  /** tests that fail by themselves */
  failed: Set<string>
  /** mutants by which a test failed that then failed without one, too */
  doubtful: Set<number>
  /** ms of the processor that a test takes */
  msOf: Map<string, number>
}

/** What a process was at when it ended; nothing if it did all. */
interface UnderWay {
  mutant: number | undefined
  test: string | undefined
  isTainted: boolean
  /** it has come to an end with at least one test */
  isFurther: boolean
}

type Ended = 'whole' | 'failed' | 'silent'

/** Adds verdicts to what is known. */
function readVerdicts(log: string, { fates, over, failed, doubtful, msOf }: Known): UnderWay {
  let mutant: number | undefined
  let test: string | undefined
  let isTainted = false
  const before = over.size + failed.size
  for (const verdict of verdictsIn(log)) {
    if ('id' in verdict) {
      mutant = verdict.is === 'tried' ? verdict.id : undefined
      addFate(verdict, fates)
      continue
    }
    test = verdict.is === 'began' ? verdict.test : undefined
    if (verdict.is === 'failed') failed.add(verdict.test)
    if (verdict.is === 'over' || verdict.is === 'tainted') over.add(verdict.test)
    if ('ms' in verdict) msOf.set(verdict.test, verdict.ms)
    if (verdict.is !== 'tainted') continue
    isTainted = true
    for (const id of verdict.ids) {
      fates.set(id, 'survived')
      doubtful.add(id)
    }
    console.error(
      `"${verdict.test}" fails after ${verdict.ids.length} mutants even without one: other tests are asked about them, then a process each`,
    )
  }
  return { mutant, test, isTainted, isFurther: over.size + failed.size > before }
}

/** A test that notices nothing does not excuse one that does; importing comes before both. */
function addFate({ id, is }: MutantVerdict, fates: Map<number, Fate>): void {
  const before = fates.get(id)
  if (
    is === 'killed' ||
    (is === 'survived' && before !== 'killed') ||
    (is === 'static' && before === undefined)
  )
    fates.set(id, is)
}

const linesOf = (log: string) =>
  readFileSync(log, 'utf8')
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Verdict)
const verdictsIn = (log: string) => linesOf(log).flatMap((line) => ('worker' in line ? [] : [line]))
/** Each tells its id before all else. */
function workersIn(log: string): number[] {
  const [first, ...more] = readFileSync(log, 'utf8').split('\n', 2)
  const line = more.length > 0 ? (JSON.parse(first ?? '') as Verdict) : undefined
  return line && 'worker' in line ? [line.worker] : []
}

/** Seconds of the processor that a process has used; 0 where that cannot be told. */
function usedSeconds(pid: number): number {
  try {
    return cpuTicks(pid) / 100
  } catch {
    return 0
  }
}

/** Runs vitest until it ends, or no mutant is decided for a while. */
function runTests(
  planFile: string,
  log: string,
  secondsMax: number,
  stderr: 'inherit' | 'ignore',
): Promise<Ended> {
  const args = ['run', '--config', 'test/tools/mutate/vitest.config.ts']
  const child = spawn(join(repo, 'node_modules/.bin/vitest'), args, {
    cwd: repo,
    env: { ...process.env, [planVariable]: planFile },
    stdio: ['ignore', 'ignore', stderr],
  })
  return new Promise((resolve) => {
    let size = -1
    let silentLooks = 0
    let usedBefore = 0
    let isSilent = false
    const timer = setInterval(() => {
      const now = existsSync(log) ? statSync(log).size : 0
      const workers = now > 0 ? workersIn(log) : []
      const used = workers.reduce((sum, pid) => sum + usedSeconds(pid), 0)
      if (now !== size) [size, silentLooks, usedBefore] = [now, 0, used]
      else silentLooks++
      const isLoop = silentLooks >= silentLooksMax || used - usedBefore > secondsMax
      if (!isLoop || isSilent || child.pid === undefined) return
      isSilent = true
      // its worker in a loop without end does not notice that it is alone
      for (const pid of [child.pid, ...workers]) signalQuietly(pid, 'SIGKILL')
    }, lookMs)
    child.once('exit', (code) => {
      clearInterval(timer)
      resolve(isSilent ? 'silent' : code === 0 ? 'whole' : 'failed')
    })
  })
}
