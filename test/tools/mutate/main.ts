import { globSync, statSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { parseArgs } from 'node:util'
import { messageOf } from '../../../shared/message-of.ts'
import { seededRoll } from '../../kit/parts/reports.ts'
import { repo } from '../../kit/process/process.ts'
import { explained, nameOf, staleNames } from './explained.ts'
import { type Mutant, type MutatedFile, mutantsOf } from './mutants.ts'
import { relatedTests } from './related.ts'
import { decide, type Fate } from './trial.ts'

const usage = `npm run mutate -- FOLDER-OR-FILE…   changes the code a little, and shows the changes that no unit test notices

  --sample N   tries N mutants, drawn by the seed (all)
  --seed N     of the sample (1)
  --near       asks only the tests about the files: in seconds, and what survives may be noticed by others
  --open       tries only those that are not explained
  --static     tries those too that run only while modules are imported: a process each`

function filesOf(path: string): string[] {
  const at = relative(repo, join(process.cwd(), path))
  const isFile = statSync(join(repo, at)).isFile()
  return isFile ? [at] : globSync(`${at}/*.ts`, { cwd: repo }).toSorted()
}

const firstIdAfter = (files: readonly MutatedFile[]) =>
  1 + files.reduce((sum, { mutants }) => sum + mutants.length, 0)

/** Some of them, the same for the same seed. */
function sampled(mutants: readonly Mutant[], size: number, seed: number): readonly Mutant[] {
  const roll = seededRoll(seed)
  return mutants
    .map((mutant) => ({ mutant, at: roll() }))
    .toSorted((a, b) => a.at - b.at)
    .slice(0, size)
    .map(({ mutant }) => mutant)
}

function tell(mutants: readonly Mutant[], fates: ReadonlyMap<number, Fate>): void {
  const are = (fate: Fate) => mutants.filter(({ id }) => (fates.get(id) ?? 'not reached') === fate)
  const survivors = [...are('survived'), ...are('not reached')].toSorted((a, b) => a.id - b.id)
  for (const mutant of survivors.filter((each) => !explained.has(nameOf(each))))
    console.log(
      `line ${mutant.line}: ${nameOf(mutant)}${fates.has(mutant.id) ? '' : ' (no test reaches it)'}`,
    )
  const folders = new Set(mutants.map(({ file }) => dirname(file)))
  for (const folder of folders)
    tellScore(
      folder,
      mutants.filter(({ file }) => dirname(file) === folder),
      fates,
    )
  if (folders.size > 1) tellScore('all', mutants, fates)
}

function tellScore(name: string, mutants: readonly Mutant[], fates: ReadonlyMap<number, Fate>): void {
  const are = (fate: Fate) => mutants.filter(({ id }) => (fates.get(id) ?? 'not reached') === fate)
  const survivors = [...are('survived'), ...are('not reached')]
  const [killed, endless] = [are('killed').length, are('endless').length]
  const known = survivors.filter((each) => explained.has(nameOf(each))).length
  const tried = killed + endless + survivors.length
  console.log(
    `${name}: ${tried} mutants: ${killed} killed, ${endless} without end, ${survivors.length} survive, of which ${known} are explained; ` +
      `${are('static').length} that run at import only were not tried; score ${((100 * (killed + endless)) / Math.max(1, tried)).toFixed(1)} %`,
  )
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      sample: { type: 'string' },
      seed: { type: 'string', default: '1' },
      near: { type: 'boolean', default: false },
      open: { type: 'boolean', default: false },
      static: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help || positionals.length === 0) return console.log(usage)
  const found: MutatedFile[] = []
  const names = positionals.flatMap(filesOf)
  for (const file of names) found.push(mutantsOf(file, firstIdAfter(found)))
  const all = found.flatMap(({ mutants }) => mutants)
  const open = values.open ? all.filter((each) => !explained.has(nameOf(each))) : all
  const mutants = sampled(open, Number(values.sample ?? all.length), Number(values.seed))
  const wanted = new Set(mutants.map(({ id }) => id))
  // the others would only be asked for
  const files: MutatedFile[] = []
  for (const file of names)
    files.push(mutantsOf(file, firstIdAfter(files), undefined, (id) => wanted.has(id)))
  const tests = relatedTests(files.map(({ file }) => file))
  console.log(
    `${files.length} files, ${mutants.length} of ${all.length} mutants, ${tests.length} files of tests`,
  )
  for (const name of staleNames(all)) console.log(`explained, but not a mutant any more: ${name}`)
  tell(mutants, await decide({ files, mutants, tests, withStatic: values.static, isNear: values.near }))
}

try {
  await main()
} catch (error) {
  console.error(messageOf(error))
  process.exitCode = 2
}
