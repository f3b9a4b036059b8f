import { createHash } from 'node:crypto'
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { compile } from '../../../deploy/build/binary.ts'
import { bundle } from '../../../deploy/build/bundle.ts'
import { makeDeb } from '../../../deploy/build/deb.ts'
import { eventually } from '../../kit/base/eventually.ts'
import { suiteFolder, testFolder } from '../../kit/process/files.ts'
import { freePort } from '../../kit/process/ports.ts'
import { repo, start } from '../../kit/process/process.ts'
import { secrets } from '../../kit/process/runtimes.ts'

/** MB that a user's `node_modules` may have with nothing but this package */
const installedMax = 15

/** Runs a command to its end, in a folder; throws where it fails. */
async function run(cwd: string, command: string, ...args: string[]): Promise<string> {
  const program = start(command, args, { cwd })
  const { code } = await program.exited
  expect(code, program.output()).toBe(0)
  return program.output()
}

describe('what npm pack makes', () => {
  const folder = suiteFolder()
  beforeAll(async () => {
    await run(repo, 'npm', 'pack', '--silent', '--pack-destination', folder)
    writeFileSync(join(folder, 'package.json'), '{"private": true}')
    const { version } = JSON.parse(readFileSync(join(repo, 'package.json'), 'utf8')) as { version: string }
    const flags = ['--omit=dev', '--prefer-offline', '--no-audit', '--no-fund']
    await run(folder, 'npm', 'install', ...flags, `./distributary-${version}.tgz`)
  })

  test(`installs less than ${installedMax} MB: no Node, no TypeScript`, async () => {
    const [kibibytes] = (await run(folder, 'du', '-sk', 'node_modules')).split('\t')
    console.log(`installed: ${kibibytes} KiB`)
    expect(Number(kibibytes)).toBeLessThan((installedMax * 1e6) / 1024)
  })

  test('runs the one command: version, origin --check, edge --check', async () => {
    const command = join(folder, 'node_modules/.bin/distributary')
    const { version } = JSON.parse(readFileSync(join(repo, 'package.json'), 'utf8')) as { version: string }
    expect(await run(folder, command, 'version')).toBe(`distributary ${version}\n`)
    expect(await run(folder, command, 'origin', '--check', '--port', '8010')).toMatch(/\nconfiguration OK\n$/)
    const file = join(folder, 'edge.env')
    writeFileSync(file, 'RELAY_PASSWORD=one\nADMIN_PASSWORD=two\n')
    expect(await run(folder, command, 'edge', '--check', '--env-file', file)).toBe('configuration OK\n')
    const unknown = start(command, ['orgin'], { cwd: folder })
    expect((await unknown.exited).code).toBe(2)
    expect(unknown.output()).toContain('command is "orgin", expected one of these')
  })

  test('has the types of the JSON API for TypeScript programs', async () => {
    const check = (code: string) => {
      writeFileSync(join(folder, 'program.mts'), code)
      const flags = ['--ignoreConfig', '--noEmit', '--strict', '--module', 'nodenext', '--lib', 'es2024,dom']
      return start(join(repo, 'node_modules/.bin/tsc'), [...flags, 'program.mts'], { cwd: folder })
    }
    const program = (field: string) =>
      [
        "import type { ClusterJson, HistoryJson, NowPlaying, PlayJson } from 'distributary/api'",
        `export const load = (cluster: ClusterJson): number | undefined => cluster.servers[0]?.${field}`,
        'export const times = (history: HistoryJson, plays: PlayJson[], now: NowPlaying[]) =>',
        '  [history.rows[0]?.at, plays[0]?.start, now[0]?.since] satisfies (string | null | undefined)[]',
      ].join('\n')
    const right = check(program('utilisation'))
    expect((await right.exited).code, right.output()).toBe(0)
    const wrong = check(program('utilization'))
    expect((await wrong.exited).code).not.toBe(0)
    expect(wrong.output()).toContain("Property 'utilization' does not exist on type 'ClusterServerJson'")
  })
})

test('a bundle tells an older Node which one it needs, in place of a stack trace', async () => {
  const text = await bundle('distributary.mjs')
  // a Node without SQLite would refuse the file before its first line runs
  expect(text).not.toMatch(/\b(from|import) *"node:sqlite"/)
  const folder = testFolder()
  writeFileSync(join(folder, 'distributary.mjs'), text)
  const older = 'Object.defineProperty(process.versions, "node", { value: "20.19.0" })'
  const flags = [
    '--import',
    `data:text/javascript,${encodeURIComponent(older)}`,
    'distributary.mjs',
    'version',
  ]
  const program = start('node', flags, { cwd: folder })
  expect((await program.exited).code).toBe(1)
  expect(program.output()).toMatch(/^distributary needs Node 22\.18 or later; this is Node 20\.19\.0\. .*\n$/)
})

test('the bundles are the same text twice, and run on plain Node without any other file', async () => {
  const folder = testFolder()
  const put = async (name: 'origin.mjs' | 'edge.mjs') => {
    const text = await bundle(name)
    expect((await bundle(name)) === text).toBe(true)
    writeFileSync(join(folder, name), text)
    console.log(`${name}: ${Math.round(statSync(join(folder, name)).size / 1024)} KiB`)
  }
  await Promise.all([put('origin.mjs'), put('edge.mjs')])
  const [port, edgePort] = [await freePort(), await freePort()]
  const origin = start('node', ['origin.mjs', '--port', String(port), '--bind', '127.0.0.1'], { cwd: folder })
  onTestFinished(() => origin.stop())
  const edge = start('node', ['edge.mjs'], {
    cwd: folder,
    env: {
      HOST: '127.0.0.1',
      PORT: String(edgePort),
      DATA_DIR: ':memory:',
      RELAY_PASSWORD: secrets.relay,
      ADMIN_PASSWORD: secrets.admin,
    },
  })
  onTestFinished(() => edge.stop())
  await origin.line(/"ready"/)
  await eventually(async () => (await fetch(`http://127.0.0.1:${edgePort}/healthz`)).ok)
  for (const site of [`http://127.0.0.1:${port}`, `http://127.0.0.1:${edgePort}`]) {
    const page = await fetch(`${site}/`)
    expect(page.status).toBe(200)
    const parts = [...(await page.text()).matchAll(/(?:src|href)="(\/[\w./-]+\.(?:js|css|svg))"/g)]
    for (const [, path] of parts) expect((await fetch(site + path)).status, site + path).toBe(200)
  }
})

test('a binary and a package of Debian made of the same bundle are the same bytes twice', async () => {
  const folder = testFolder()
  const text = await bundle('distributary.mjs')
  const digests = ['one', 'other'].map((name) => {
    const binary = join(folder, name)
    compile(text, binary)
    return createHash('sha256').update(readFileSync(binary)).digest('hex')
  })
  expect(digests[0]).toBe(digests[1])
  expect(await run(folder, join(folder, 'one'), 'version')).toMatch(/^distributary \d/)
  writeFileSync(join(folder, '.env'), 'RELAY_PASSWORD=one\nADMIN_PASSWORD=two\n')
  const elsewhere = start(join(folder, 'one'), ['edge', '--check'], { cwd: folder })
  expect((await elsewhere.exited).code, 'a .env that happens to be there is not read').toBe(1)
  expect(elsewhere.output()).toContain('RELAY_PASSWORD is not set')
  const debs = ['one', 'other'].map((name) => {
    const out = join(folder, `${name}.deb`)
    const binary = join(folder, 'small')
    writeFileSync(binary, '#!/bin/sh\n')
    makeDeb({ binary, architecture: 'amd64', version: '0.0.1', out, epoch: 1_000_000_000, compression: 'xz' })
    return readFileSync(out)
  })
  expect(debs[0]?.equals(debs[1] ?? Buffer.alloc(0))).toBe(true)
})
