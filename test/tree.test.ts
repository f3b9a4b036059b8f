import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { describe, expect, test } from 'vitest'
import { repo } from './kit/process.ts'

const read = (file: string) => readFileSync(join(repo, file), 'utf8')
const sourceFiles = (folder: string) => globSync(`${folder}/**/*.ts`, { cwd: repo })

/** What a module imports, statically or not: `../shared/mount.ts`, `node:net`, `hono`. */
const importsOf = (file: string) =>
  [...read(file).matchAll(/(?:\bfrom|^import|\bimport\()\s*'([^']+)'/gm)].map(
    ([, specifier = '']) => specifier,
  )

/** The folder at the top that a relative import reaches into. */
const topOf = (file: string, specifier: string) =>
  relative(repo, join(repo, dirname(file), specifier)).split('/')[0]

describe('the direction of imports', () => {
  test.for([
    ['shared', ['shared']],
    ['edge', ['edge', 'shared']],
    ['origin', ['origin', 'shared']],
  ] as const)('%s reaches into %j alone', ([folder, allowed]) => {
    const files = sourceFiles(folder)
    expect(files.length).toBeGreaterThan(5)
    const strays = files.flatMap((file) =>
      importsOf(file)
        .filter((specifier) => specifier.startsWith('.'))
        .filter((specifier) => !allowed.some((top) => top === topOf(file, specifier)))
        .map((specifier) => `${file} imports ${specifier}`),
    )
    expect(strays).toEqual([])
  })

  test('every relative import names a file that is there, ending and all: each runtime runs the files as they lie', () => {
    const broken = ['shared', 'edge', 'origin', 'test'].flatMap(sourceFiles).flatMap((file) =>
      importsOf(file)
        .filter((specifier) => specifier.startsWith('.'))
        .filter((specifier) => !existsSync(join(repo, dirname(file), specifier)))
        .map((specifier) => `${file} imports ${specifier}`),
    )
    expect(broken).toEqual([])
  })
})

test('shared touches no runtime: web standards alone', () => {
  const runtime = /'(?:node|bun|cloudflare):|\b(?:Bun|Deno|Buffer|process)\.|\bprocess\b(?=\?)/
  const touching = sourceFiles('shared').filter((file) => runtime.test(withoutComments(read(file))))
  expect(touching).toEqual([])
})

const withoutComments = (code: string) => code.replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '')

test('the programs need no package but those in dependencies', () => {
  const { dependencies } = JSON.parse(read('package.json')) as { dependencies: Record<string, string> }
  const builtIn = /^(?:node|bun|cloudflare):|^\./
  const foreign = ['shared', 'edge', 'origin'].flatMap(sourceFiles).flatMap((file) =>
    importsOf(file)
      .filter((specifier) => !builtIn.test(specifier))
      .filter(
        (specifier) => !Object.keys(dependencies).some((name) => `${specifier}/`.startsWith(`${name}/`)),
      )
      .map((specifier) => `${file} imports ${specifier}`),
  )
  expect(foreign).toEqual([])
})

test('no file names a registry: npm ci takes whichever the machine is set to', () => {
  const patterns = [
    '*.{json,md,toml}',
    '.npmrc',
    '.ci/*',
    'docs/**/*.md',
    '{shared,edge,origin,test}/**/*.ts',
  ]
  const files = globSync(patterns, { cwd: repo })
  expect(files).toContain('package-lock.json')
  const naming = files.filter((file) =>
    /registry[.](?:npm|yarn)|debian[.]org[/]debian|"resolved": +"http|^registry *=/m.test(read(file)),
  )
  expect(naming).toEqual([])
})
