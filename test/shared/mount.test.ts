import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseMount, printMount } from '../../shared/mount.ts'
import { anyText } from '../kit/base/any-text.ts'
import { repetitions } from '../kit/base/repetitions.ts'

test.each([
  ['/live.mp3', '/live.mp3'],
  ['/%61.mp3', '/a.mp3'],
  ['/sp%20ace.ogg', '/sp ace.ogg'],
  ['/caf%C3%A9', '/café'],
  ['/a/b/', '/a/b/'],
  ['/100%25', '/100%'],
  ['/what%3F', '/what?'],
  ['/.well-known', '/.well-known'],
  ['/metrics.mp3', '/metrics.mp3'],
  ['/a/hls/', '/a/hls/'],
  [`/${'a'.repeat(254)}`, `/${'a'.repeat(254)}`],
  [`/${'%C3%A9'.repeat(127)}`, `/${'é'.repeat(127)}`],
])('%#: a path is the mount it names', (path, name) => {
  expect(parseMount(path)).toBe(name)
})

test.each(
  [
    ['', 'empty'],
    ['live.mp3', 'not absolute'],
    ['live/a.mp3', 'not absolute'],
    ['/', "the edge's own page"],
    ['/admin', "an edge's own path"],
    ['/admin/metadata', "an edge's own path"],
    ['/api', "an edge's own path"],
    ['/now', "an edge's own path"],
    ['/%61dmin/x', "an edge's own path, encoded"],
    ['/api/servers', "an edge's own path"],
    ['/hls/live.mp3', "an edge's own path"],
    ['/healthz', "an edge's own path"],
    ['/metrics', "an edge's own path"],
    ['/status-json.xsl', "an edge's own path"],
    ['//host/x', 'a double slash'],
    ['/a//b', 'a double slash'],
    ['/../etc/passwd', 'a dot segment'],
    ['/a/./b', 'a dot segment'],
    ['/a/%2e%2e/b', 'an encoded dot segment'],
    ['/a%2Fb', 'an encoded slash'],
    ['/a%2fb', 'an encoded slash'],
    ['/a%00', 'NUL'],
    ['/a%0d%0aSet-Cookie:x', 'CR LF'],
    ['/a\r\n', 'bare CR LF'],
    ['/a b', 'a bare space'],
    ['/a?b', 'a query'],
    ['/a#b', 'a fragment'],
    ['/a\\b', 'a backslash'],
    ['/a%zz', 'a malformed escape'],
    ['/a%ff', 'an escape that is not UTF-8'],
    ['/é', 'bare non-ASCII'],
    [`/${'a'.repeat(255)}`, '256 bytes'],
    [`/a${'%C3%A9'.repeat(127)}`, '256 bytes once decoded'],
    [`/${'%C3%A9'.repeat(128)}`, '257 bytes once decoded'],
    [`/${'x'.repeat(65_536)}`, '64 KiB'],
  ].map(([path = '', why]) => ({ path, why, shown: JSON.stringify(path.slice(0, 40)) })),
)('$shown is not a mount: $why', ({ path }) => {
  expect(parseMount(path)).toBeUndefined()
})

test('any text is parsed without an exception, and a mount prints and parses back to itself', () => {
  const pathLike = fc.string({
    unit: fc.constantFrom('/', '.', '%', '2', 'F', 'a', '?', 'é', '\0', ' ', 'c', '3'),
  })
  fc.assert(
    fc.property(
      fc.oneof(
        anyText(),
        pathLike.map((s) => `/${s}`),
      ),
      (text) => {
        const mount = parseMount(text)
        if (mount !== undefined) expect(parseMount(printMount(mount))).toBe(mount)
      },
    ),
    { numRuns: repetitions(20_000) },
  )
})

test('every name that keeps the rules survives printing and parsing', () => {
  const name = fc
    .string({ unit: 'grapheme', minLength: 1, maxLength: 60 })
    .map((s) => `/${s.replace(/[/\p{Cc}\p{Cs}]/gu, '_')}`)
    .filter((s) => !['/.', '/..', '/api', '/admin', '/metrics', '/healthz'].includes(s))
  fc.assert(
    fc.property(name, (text) => {
      const mount = parseMount(encodeURI(text).replace(/[?#]/g, encodeURIComponent))
      if (new TextEncoder().encode(text).length <= 255) expect(mount).toBe(text)
    }),
    { numRuns: repetitions(5_000) },
  )
})
