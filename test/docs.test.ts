import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { createConfig } from '../origin/config/config.ts'
import { helpText, parseEnvironment, parseFlags, secretNames } from '../origin/config/flags.ts'
import { parseIcecastXml } from '../origin/config/xml/icecast-xml.ts'
import manifest from '../package.json' with { type: 'json' }
import { parseSourcelist, printSourcelist } from '../shared/report/sourcelist.ts'
import { repo } from './kit/process/process.ts'

const read = (file: string) => readFileSync(join(repo, file), 'utf8')
const pages = globSync(['*.md', 'docs/**/*.md'], { cwd: repo })
const unique = (words: Iterable<string | undefined>) => [...new Set(words)].sort()
const allMatches = (text: string, pattern: RegExp) =>
  unique([...text.matchAll(pattern)].map(([, word]) => word))

describe.for(pages)('%s', (page) => {
  const text = read(page)

  test('every link inside the project leads somewhere', () => {
    const links = allMatches(text, /\]\((?!https?:)([^)#]+)/g)
    expect(links.filter((link) => !existsSync(join(repo, dirname(page), link ?? '')))).toEqual([])
  })

  test('every command that starts a program works with an old Node too: by ./distributary', () => {
    const shell = [...text.matchAll(/```sh\n(.*?)```/gs)].flatMap(([, block]) => block?.split('\n') ?? [])
    const starting = shell.filter((line) => /(?:edge|origin)\/main\.ts/.test(line))
    expect(starting.filter((line) => !line.includes('./distributary with '))).toEqual([])
  })

  test('every npm script that it names is in package.json', () => {
    const named = [...allMatches(text, /npm run ([a-z:]+)/g), ...allMatches(text, /npm (start|test)\b/g)]
    expect(named.filter((script) => !(`${script}` in manifest.scripts))).toEqual([])
  })

  test('every file of the project that it names is there', () => {
    const named = allMatches(text, /(?<![\w./-])((?:edge|origin|shared|test|docs|\.ci)\/[\w./-]*\w)/g)
    expect(named.filter((file) => !existsSync(join(repo, file ?? '')))).toEqual([])
  })
})

test('every example of icecast.xml in the documentation is one that an origin takes without a warning', () => {
  const examples = pages.flatMap((page) =>
    [...read(page).matchAll(/```xml\n(.*?)\n```/gs)].map(([, xml]) => xml ?? ''),
  )
  expect(examples.length).toBeGreaterThan(0)
  for (const xml of examples) {
    const { warnings } = parseIcecastXml(xml.includes('<icecast>') ? xml : `<icecast>${xml}</icecast>`)
    expect(warnings, xml).toEqual([])
  }
})

/** The commands that a page shows, each in one line; comments at their end are gone. */
const commandsOf = (page: string) =>
  [...read(page).matchAll(/```(?:sh|ini)\n(.*?)```/gs)]
    .flatMap(([, block = '']) => block.replace(/\\\n\s*/g, '').split('\n'))
    .map((line) => line.replace(/ +#.*/, '').trim())

/** The secrets before a command that starts an origin, and its flags; undefined for another command. */
function originStart(line: string): { secrets: Record<string, string>; flags: string[] } | undefined {
  const start = /^((?:[A-Z_]+=\S+ )*)\S*distributary (?:origin|with bun origin\/main\.ts) (.*)$/
  const [, before, flags] = start.exec(line) ?? []
  if (before === undefined || flags === undefined) return undefined
  const secrets = Object.fromEntries(
    [...before.matchAll(/(\S+)=(\S+) /g)].map(([, name, value]) => [name, value]),
  )
  return { secrets, flags: flags.replace(/(?<! --\S+) …$/, '').split(' ') }
}

test('every command that starts an origin has flags and secrets that make a configuration', () => {
  const inFile = secretNames.map((name) => `${name}=pw `).join('') // of a systemd unit
  const lines = pages.flatMap(commandsOf).map((line) => line.replace(/^ExecStart=/, inFile))
  const starts = lines.flatMap((line) => originStart(line) ?? [])
  expect(starts.length).toBeGreaterThan(5)
  for (const { secrets, flags } of starts) {
    expect(secretNames).toEqual(expect.arrayContaining(Object.keys(secrets)))
    const { configFile, settings } = parseFlags(flags)
    const config = { flags: settings, environment: parseEnvironment(secrets), file: undefined }
    if (configFile === undefined) expect(() => createConfig(config), flags.join(' ')).not.toThrow()
  }
})

test('every message that a page quotes is one of a program', () => {
  const source = globSync(['edge/**/*.ts', 'origin/**/*.ts', 'shared/**/*.ts'], { cwd: repo })
    .map(read)
    .join('\n')
  /** several words in lower case, unless they are a command or a line of a report's reply */
  const message = /`((?!npm |npx |wrangler |state )[a-z]+(?: [a-z:,]+)+)`/g
  const quoted = unique(
    pages.filter((page) => page !== 'CHANGELOG.md').flatMap((page) => allMatches(read(page), message)),
  )
  expect(quoted.length).toBeGreaterThan(5)
  expect(quoted.filter((words) => !source.includes(`${words}`))).toEqual([])
})

test('every claim on security is held by a test of that name', () => {
  const held = [...read('docs/security.md').matchAll(/`(test\/[\w/.-]+)`: "([^"]+)"/g)]
  expect(held.length).toBeGreaterThan(30)
  const missing = held.filter(([, file, name]) => !read(file ?? '').includes(name ?? ' '))
  expect(missing.map(([claim]) => claim)).toEqual([])
})

test('the README tells how to start before anything else', () => {
  expect(read('README.md').match(/```sh\n(.*?)\n```/s)?.[1]).toBe('npm ci && npm start')
})

test('the README gives a reason for each dependency', () => {
  const table = read('README.md').split('## Dependencies')[1]?.split('\n## ')[0] ?? ''
  expect(allMatches(table, /^\| (\S+) \| \S/gm).filter((name) => name !== 'package')).toEqual(
    Object.keys(manifest.dependencies).sort(),
  )
})

/** The tables of a page below a heading: a record for each row, by the names of its columns. */
function rowsOf(page: string, heading: string): Record<string, string>[] {
  const section = read(page).split(`\n## ${heading}\n`)[1]?.split('\n## ')[0] ?? ''
  const cells = (line: string) =>
    line
      .slice(1, -1)
      .split('|')
      .map((cell) => cell.trim())
  return section.split(/\n\n+/).flatMap((paragraph) => {
    const [names, rule, ...rows] = paragraph.trim().split('\n')
    if (!names?.startsWith('|') || !rule?.startsWith('|')) return []
    const columns = cells(names).map((name, at) => name || `column ${at}`)
    return rows.map((row) => Object.fromEntries(cells(row).map((cell, at) => [columns[at], cell])))
  })
}

describe('the figures of the README', () => {
  const readme = read('README.md').replace(/\s+/g, ' ')
  const expectSaid = (words: string) => expect(readme.includes(words), `README says: ${words}`).toBe(true)
  const cellOf = (rows: Record<string, string>[], column: string, ...marks: string[]) => {
    const found = rows.filter((row) => marks.every((mark) => Object.values(row).includes(mark)))
    expect(found, marks.join(', ')).toHaveLength(1)
    return `${found[0]?.[column]}`
  }

  test('on fan-out are those of the newest benchmark', () => {
    const rows = rowsOf('docs/benchmarks.md', 'Fan-out')
    const [node, bun] = ['origin on node', 'origin on bun'].map((name) =>
      cellOf(rows, 'of Icecast', name, '5,000', 'plain'),
    )
    expectSaid(`serves 5,000 listeners with ${node} (Node) and ${bun} (Bun) of the processor time of Icecast`)
  })

  test('on joins are those of the newest benchmark', () => {
    const rows = rowsOf('docs/benchmarks.md', 'Joins')
    const [node, bun] = ['origin on node', 'origin on bun'].map((name) => cellOf(rows, 'p99 ms', name))
    expectSaid(`99 in 100 have their first byte within ${node} ms (Node) and ${bun} ms (Bun)`)
  })

  test('on redirects are those of the newest benchmark', () => {
    const rows = rowsOf('docs/benchmarks.md', 'Redirects').filter((row) => row['column 0'] === 'edge on bun')
    const rates = rows.map((row) => Number(row['by rate']))
    expect(rates.length).toBeGreaterThan(1)
    const [least, most] = [Math.min(...rates), Math.max(...rates)].map((rate) => rate.toFixed(2))
    expectSaid(`The edge on Bun redirects at ${least} to ${most} of the rate of an nginx`)
  })

  test('on rejected joins are those of the simulation', () => {
    const full = 'policy, peak fill 96 %'
    const rows = rowsOf('docs/draw.md', 'The simulation').filter((row) => full in row)
    const range = (policy: string) => {
      const numbers = Object.values(rows.find((row) => row[full] === policy) ?? {})
        .map(Number)
        .filter(Number.isFinite)
      expect(numbers, policy).not.toEqual([])
      return { least: Math.min(...numbers), most: Math.max(...numbers) }
    }
    const [ours, uniform, least] = [
      range('**distributary**'),
      range('uniform (icecast-kh)'),
      range('least loaded'),
    ]
    expectSaid(`distributary rejects at most ${ours.most} % of the joins`)
    expectSaid(`rejects ${Math.round(uniform.least)} to ${Math.round(uniform.most)} %`)
    expectSaid(`"least loaded" ${Math.round(least.least)} to ${Math.round(least.most)} %`)
  })

  test('on nearness are those of the simulation', () => {
    const inDraw = rowsOf('docs/draw.md', 'The world')
    const inReadme = rowsOf('README.md', 'How it works').filter((row) => 'rejected in a crowd' in row)
    expect(inReadme).toHaveLength(4)
    for (const row of inReadme) {
      const name = row['column 0'] ?? ''
      const steady = inDraw.filter((each) => each['servers where people are'] === name)
      const crowd = inDraw.filter((each) => each['peak fill 85 %, T/E'] === name)
      const rejected = crowd.map((each) => `${each['one region 10/20']} %`)
      const placed = steady.map((each) => ['30 %', '60 %', '90 %', 'nearest at 60 %'].map((at) => each[at]))
      const said = ['30 % full', '60 %', '90 %', 'at the nearest'].map((at) => row[at])
      expect(placed, name).toEqual([said])
      expect([row['rejected in a crowd']], name).toEqual(rejected.length > 0 ? rejected : [''])
    }
  })
})

test('the newest version of the changelog is that of package.json', () => {
  expect(/^## \[(\d.*?)\]/m.exec(read('CHANGELOG.md'))?.[1]).toBe(manifest.version)
})

test('CI installs every program of others that a test needs', () => {
  const peers = /type Peer =(.*?)\n\n/s.exec(read('test/kit/peers/peers.ts'))?.[1] ?? ''
  const installed = /for program in (.*); do/.exec(read('.ci/run'))?.[1]?.split(' ') ?? []
  // it is taken out of its package in a way of its own
  if (read('.ci/run').includes('/usr/local/bin/promtool')) installed.push('promtool')
  expect(installed.sort()).toEqual(allMatches(peers, /'([\w-]+)'/g))
})

describe('what can be set', () => {
  const configuration = read('docs/configuration.md')
  const tableNames = (pattern: RegExp) =>
    unique(
      configuration
        .split('\n')
        .filter((line) => line.startsWith('| `'))
        .flatMap((line) => allMatches(line.split(' | ')[0] ?? '', pattern)),
    )

  test('the flags of the origin are those of its help', () => {
    const about = ['config', 'check', 'help', 'version'].map((name) => `--${name}`)
    const flags = allMatches(helpText(), /^ +(--[a-z-]+)/gm).filter((flag) => !about.includes(`${flag}`))
    expect(tableNames(/(--[a-z-]+)/g)).toEqual(flags)
  })

  test('the environment of the edge is what its schema reads', () => {
    const names = allMatches(read('edge/config.ts'), /^ {2}([A-Z][A-Z_]+): /gm)
    expect(tableNames(/`([A-Z][A-Z_]+)`/g)).toEqual(names)
  })
})

test('the report in the documentation is one that an edge takes, and that we would print', () => {
  const example = /\n(sourcelist: 1\n.*?\n)```/s.exec(read('docs/sourcelist.md'))?.[1] ?? ''
  expect(printSourcelist(parseSourcelist(example))).toBe(example)
})
