import { globSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { repo } from '../../kit/process/process.ts'

const read = (file: string) => readFileSync(join(repo, file), 'utf8')

/** The files of the repository that a file imports. */
const imported = (file: string) =>
  [...read(file).matchAll(/(?:\bfrom|^import|\bimport\()\s*'(\.[^']+\.ts)'/gm)].map(([, specifier = '']) =>
    relative(repo, join(repo, dirname(file), specifier)),
  )

/** The unit tests that import one of these files, directly or not: first those of the same folders, then the others. */
export function relatedTests(files: readonly string[]): string[] {
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
  const homes = new Set(files.map(homeOf))
  const isNear = (test: string) => homes.has(dirname(test))
  return [...related.filter(isNear), ...related.filter((test) => !isNear(test))]
}

/** The folder of the tests about a file: that of the same name, or else the next one around it. */
export function homeOf(file: string): string {
  for (let folder = join('test', dirname(file)); ; folder = dirname(folder))
    if (folder === '.' || globSync(`${folder}/*.test.ts`, { cwd: repo }).length > 0) return folder
}
