import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { describe, expect, test } from 'vitest'
import { repo } from './kit/process/process.ts'

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

  test('every relative import names an existing file, with its ending: each runtime runs the files directly', () => {
    const broken = ['shared', 'edge', 'origin', 'test'].flatMap(sourceFiles).flatMap((file) =>
      importsOf(file)
        .filter((specifier) => specifier.startsWith('.'))
        .filter((specifier) => !existsSync(join(repo, dirname(file), specifier)))
        .map((specifier) => `${file} imports ${specifier}`),
    )
    expect(broken).toEqual([])
  })
})

/**
 * The rooms of each part from the bottom up: a file imports from its own room and from those before it. A name is a folder or one
 * file; the longest that fits counts. Where a folder's table uses its subfolders, and they use its small types, the files of
 * those types are named before the subfolders.
 */
const rooms: Record<string, readonly string[]> = {
  shared: [
    'shared/limits.ts',
    'shared',
    'shared/log',
    'shared/http',
    'shared/page',
    'shared/page/browser',
    'shared/report',
    'shared/draw/probe.ts',
    'shared/draw/server.ts',
    'shared/draw/ways.ts',
    'shared/draw/sticky.ts',
    'shared/draw/pool',
    'shared/draw/mounts',
    'shared/draw',
    'shared/history',
    'shared/hls',
    'shared/polled',
    'shared/cluster/watch',
    'shared/cluster/admission',
    'shared/cluster',
    'shared/news',
    'shared/api',
    'shared/doctor',
  ],
  edge: [
    'edge/limits.ts',
    'edge/browser',
    'edge/browser/player',
    'edge/served-asset.ts',
    'edge/config.ts',
    'edge/outreach',
    'edge/carrying.ts',
    'edge/deps.ts',
    'edge/hls',
    'edge/player',
    'edge/listener',
    'edge/http',
    'edge/pages',
    'edge/app.ts',
    'edge/workers',
    'edge/runtime',
    'edge/doctor',
    'edge',
  ],
  origin: [
    'origin/limits.ts',
    'origin/lib',
    'origin/config/error.ts',
    'origin/config/mend.ts',
    'origin/config/values.ts',
    'origin/config/xml',
    'origin/config/settings.ts',
    'origin/config/mount-settings.ts',
    'origin/config/xml/mount-blocks.ts',
    'origin/config/xml/icecast-xml.ts',
    'origin/config',
    'origin/format/limits.ts',
    'origin/format/framer.ts',
    'origin/format/cutting.ts',
    'origin/format/mp4',
    'origin/format/ogg',
    'origin/format/webm',
    'origin/format',
    'origin/icy',
    'origin/auth/limits.ts',
    'origin/auth/verdict.ts',
    'origin/auth/htpasswd',
    'origin/auth/url',
    'origin/auth',
    'origin/http',
    'origin/log',
    'origin/files',
    'origin/media',
    'origin/load.ts',
    'origin/drain.ts',
    'origin/mount/stream',
    'origin/mount/room',
    'origin/mount',
    'origin/hls',
    'origin/process',
    'origin/state.ts',
    'origin/stats',
    'origin/source',
    'origin/relay/limits.ts',
    'origin/relay/upstreams',
    'origin/relay/lists',
    'origin/relay/pull',
    'origin/relay/seam',
    'origin/relay',
    'origin/report',
    'origin/listen',
    'origin/hls/serve',
    'origin/directories',
    'origin/web',
    'origin/admin/pages',
    'origin/admin',
    'origin/server',
    'origin/doctor',
    'origin',
  ],
  'test/kit': [
    'test/kit/base',
    'test/kit/process',
    'test/kit/audio',
    'test/kit/wire',
    'test/kit/parts',
    'test/kit/peers',
    'test/kit/cluster',
    'test/kit/hls',
    'test/kit/run',
  ],
}

/** How high a file's room lies. */
function floorOf(file: string, order: readonly string[]): number {
  let floor = -1
  let length = 0
  for (const [i, room] of order.entries())
    if ((file === room || file.startsWith(`${room}/`)) && room.length > length) {
      floor = i
      length = room.length
    }
  return floor
}

/** The files of the same part that a file imports. */
const importedFiles = (file: string) =>
  importsOf(file)
    .filter((specifier) => specifier.startsWith('.'))
    .map((specifier) => relative(repo, join(repo, dirname(file), specifier)))

describe.each(Object.entries(rooms))('the rooms of %s', (part, order) => {
  const files = sourceFiles(part).filter((file) => !file.endsWith('.d.ts'))

  test('each import runs down: no room looks up into one that is made of it', () => {
    const up = files.flatMap((file) =>
      importedFiles(file)
        .filter((target) => target.startsWith(`${part}/`))
        .filter((target) => floorOf(target, order) > floorOf(file, order))
        .map((target) => `${file} imports ${target}`),
    )
    expect(up).toEqual([])
  })

  test('each name of the order is there, and each folder has one', () => {
    expect(order.filter((room) => !existsSync(join(repo, room)))).toEqual([])
    const folders = [...new Set(files.map((file) => dirname(file)))]
    expect(folders.filter((folder) => !order.includes(folder))).toEqual([])
  })

  test('no files import each other in a circle', () => {
    expect(circlesIn(files)).toEqual([])
  })
})

/** Circles of imports, each told once by the file at which it closes. */
function circlesIn(files: readonly string[]): string[] {
  const circles: string[] = []
  const done = new Set<string>()
  const part = new Set(files)
  const visit = (file: string, path: readonly string[]) => {
    if (path.includes(file)) circles.push([...path.slice(path.indexOf(file)), file].join(' > '))
    if (path.includes(file) || done.has(file)) return
    for (const target of importedFiles(file)) if (part.has(target)) visit(target, [...path, file])
    done.add(file)
  }
  for (const file of files) visit(file, [])
  return circles
}

test('a folder has at most twenty files: more are two ideas', () => {
  const folders = new Map<string, number>()
  for (const file of ['shared', 'edge', 'origin', 'test/kit', 'test/live'].flatMap(sourceFiles))
    folders.set(dirname(file), (folders.get(dirname(file)) ?? 0) + 1)
  expect([...folders].filter(([, files]) => files > 20)).toEqual([])
})

test('test/ mirrors the tree: each folder of unit tests is named after a folder of the programs', () => {
  const folders = [
    ...new Set(['shared', 'edge', 'origin'].flatMap((part) => sourceFiles(`test/${part}`)).map(dirname)),
  ]
  expect(folders.length).toBeGreaterThan(30)
  expect(folders.filter((folder) => !existsSync(join(repo, relative('test', folder))))).toEqual([])
})

test('shared touches no runtime: web standards alone', () => {
  const runtime = /'(?:node|bun|cloudflare):|\b(?:Bun|Deno|Buffer|process)\.|\bprocess\b(?=\?)/
  const touching = sourceFiles('shared').filter((file) => runtime.test(withoutComments(read(file))))
  expect(touching).toEqual([])
})

const withoutComments = (code: string) => code.replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '')

test('the programs need no package but those in dependencies; what runs in browsers is bundled, from pinned packages', () => {
  const { dependencies, devDependencies } = JSON.parse(read('package.json')) as Record<
    'dependencies' | 'devDependencies',
    Record<string, string>
  >
  const builtIn = /^(?:node|bun|cloudflare):|^\./
  const foreign = ['shared', 'edge', 'origin'].flatMap(sourceFiles).flatMap((file) => {
    const allowed = Object.keys(file.includes('/browser/') ? devDependencies : dependencies)
    return importsOf(file)
      .filter((specifier) => !builtIn.test(specifier))
      .filter((specifier) => !allowed.some((name) => `${specifier}/`.startsWith(`${name}/`)))
      .map((specifier) => `${file} imports ${specifier}`)
  })
  expect(foreign).toEqual([])
})

test('no program imports what runs in browsers alone', () => {
  const programs = ['shared', 'edge', 'origin']
    .flatMap(sourceFiles)
    .filter((file) => !file.includes('/browser/'))
  expect(
    programs.filter((file) => importsOf(file).some((specifier) => /\/browser\//.test(specifier))),
  ).toEqual([])
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
