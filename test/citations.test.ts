import { existsSync, globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { repo } from './kit/process/process.ts'

const read = (file: string) => readFileSync(join(repo, file), 'utf8')
const code = globSync(['{shared,edge,origin,deploy,test}/**/*.{ts,js,css}', 'distributary.ts'], {
  cwd: repo,
}).filter((file) => file !== 'test/citations.test.ts')
const pages = globSync('{*.md,docs/*.md}', { cwd: repo })

/** GitHub's anchor of a heading. */
const anchorOf = (heading: string) =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replaceAll(' ', '-')

/** Where a link to a page may lead: its headings, and anchors that it names itself. */
const anchorsOf = (page: string): Set<string> => {
  const text = read(page)
  const headings = [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => anchorOf(heading))
  const named = [...text.matchAll(/<a id="([^"]+)">/g)].map(([, id = '']) => id)
  return new Set([...headings, ...named])
}

/** Every `docs/page.md#anchor` in the code, and every `page.md#anchor` of a link in the docs. */
function citations(): { file: string; page: string; anchor: string }[] {
  const inCode = code.flatMap((file) =>
    [...read(file).matchAll(/\b(docs\/[a-z-]+\.md)#([\w-]+)/g)].map(([, page = '', anchor = '']) => ({
      file,
      page,
      anchor,
    })),
  )
  const inPages = pages.flatMap((file) =>
    [...read(file).matchAll(/\]\(([\w./-]*\.md)?#([\w-]+)\)/g)].map(([, target, anchor = '']) => ({
      file,
      page: target === undefined ? file : join(file, '..', target),
      anchor,
    })),
  )
  return [...inCode, ...inPages]
}

test('every citation of a page resolves to a heading there', () => {
  const all = citations()
  expect(all.length).toBeGreaterThan(80)
  const dead = all.filter(({ page, anchor }) => !anchorsOf(page).has(anchor))
  expect(dead).toEqual([])
})

test('every file that a page names exists', () => {
  const files = globSync('{shared,edge,origin,deploy,test}/**/*.ts', { cwd: repo })
  const isThere = (name: string) =>
    existsSync(join(repo, name)) || files.some((file) => file.endsWith(`/${name}`))
  // the changelog names files of its time
  const named = pages
    .filter((page) => page !== 'CHANGELOG.md')
    .flatMap((page) =>
      [...read(page).matchAll(/`((?:(?:shared|edge|origin|deploy|docs|test)\/[\w./-]*|[\w.-]+\.ts))`/g)].map(
        ([, name = '']) => ({ page, name }),
      ),
    )
  expect(named.length).toBeGreaterThan(100)
  expect(named.filter(({ name }) => !isThere(name))).toEqual([])
})

test('no comment and no test cites a text that is not in the repository', () => {
  const foreign =
    /\b(?:contract|anchors|protocol|icecast-protocol|edge-platform|peers|seed)(?:\.md)? ?(?:§|[A-F]\.\d|part [A-F])/
  expect(code.filter((file) => foreign.test(read(file)))).toEqual([])
})

describe('the requirements S1 to S14', () => {
  const rows = [...read('docs/requirements.md').matchAll(/^\| <a id="(S\d+)"><\/a>.*\| `([^`]+)` \|$/gm)]

  test('stand in docs/requirements.md, each once', () => {
    expect(rows.map(([, id]) => id)).toEqual(Array.from({ length: 14 }, (_, i) => `S${i + 1}`))
  })

  test.each(rows.map(([, id = '', file = '']) => [id, file] as const))(
    '%s is named by a test of the file that is said to keep it, %s',
    (id, file) => {
      expect(read(file)).toMatch(new RegExp(`\\b${id}\\b`))
    },
  )

  test('no other number is cited', () => {
    const known = new Set(rows.map(([, id]) => id))
    const cited = code.flatMap((file) => [...read(file).matchAll(/\bS\d{1,2}(?=[:,; )])/g)].map(([id]) => id))
    expect(cited.filter((id) => !known.has(id))).toEqual([])
  })
})
