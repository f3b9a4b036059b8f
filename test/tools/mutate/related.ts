import { globSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { repo } from '../../kit/process.ts'

const read = (file: string) => readFileSync(join(repo, file), 'utf8')

/** The files of the repository that a file imports. */
const imported = (file: string) =>
  [...read(file).matchAll(/(?:\bfrom|^import|\bimport\()\s*'(\.[^']+\.ts)'/gm)].map(([, specifier = '']) =>
    relative(repo, join(repo, dirname(file), specifier)),
  )

/** The unit tests that import one of these files, directly or not: those of the same folders, and the others. */
export function relatedTests(files: readonly string[]): { near: string[]; far: string[] } {
  const reach = new Map<string, ReadonlySet<string>>()
  const reachOf = (file: string): ReadonlySet<string> => {
    const known = reach.get(file)
    if (known) return known
    const all = new Set([file])
    reach.set(file, all)
    for (const each of imported(file)) for (const further of reachOf(each)) all.add(further)
    return all
  }
  const tests = globSync('test/{shared,edge,origin}/**/*.test.ts', { cwd: repo }).toSorted()
  const related = tests.filter((test) => files.some((file) => reachOf(test).has(file)))
  const folders = new Set(files.map((file) => join('test', dirname(file))))
  const near = related.filter((test) => folders.has(dirname(test)))
  return { near, far: related.filter((test) => !near.includes(test)) }
}
