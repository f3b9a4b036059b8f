import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { repo } from './kit/process/process.ts'

/** Names that may be exported by several files, and why. */
const allowed: Readonly<Record<string, string>> = {
  limits:
    'the bounds of shared/ and those of origin/: a file that needs both renames the first in its import',
  start: 'each program has one, which `distributary` calls',
}

const exported = /^export (?:async |abstract )*(?:function\*?|class|const|let|type|interface|enum) (\w+)/gm

/** The files that export each name. */
function exportersOf(files: readonly string[]): Map<string, string[]> {
  const exporters = new Map<string, string[]>()
  // an overloaded function is exported once for each signature
  for (const file of files)
    for (const name of new Set(
      [...readFileSync(join(repo, file), 'utf8').matchAll(exported)].map(([, found = '']) => found),
    ))
      exporters.set(name, [...(exporters.get(name) ?? []), file])
  return exporters
}

test('no two files export the same name, so that a search for it finds one meaning', () => {
  const files = globSync('{shared,edge,origin}/**/*.ts', { cwd: repo }).filter(
    (file) => !file.endsWith('.d.ts'),
  )
  const exporters = exportersOf(files)
  expect(exporters.size).toBeGreaterThan(500)
  const repeated = [...exporters].filter(([, { length }]) => length > 1)
  expect(repeated.filter(([name]) => !(name in allowed))).toEqual([])
  expect(Object.keys(allowed).filter((name) => exporters.get(name)?.length === 1)).toEqual([])
})

test('nor do two files of the kit that tests share', () => {
  const exporters = exportersOf(globSync('test/kit/**/*.ts', { cwd: repo }))
  expect(exporters.size).toBeGreaterThan(200)
  expect([...exporters].filter(([, { length }]) => length > 1)).toEqual([])
})
