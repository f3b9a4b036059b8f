import fc from 'fast-check'
import { describe, expect, test, vi } from 'vitest'
import { Registry } from '../../../shared/cluster/registry.ts'
import { limits } from '../../../shared/limits.ts'
import { hasSamePlaces, mountChanges } from '../../../shared/report/mount-changes.ts'
import { KnownLines } from '../../../shared/report/mount-lines.ts'
import type { MountReport, Report } from '../../../shared/report/report.ts'
import { parseSourcelist, printSourcelist, SourcelistError } from '../../../shared/report/sourcelist.ts'
import { repetitions } from '../../kit/base/repetitions.ts'
import { mountReport, reportOf, unpacked } from '../../kit/parts/reports.ts'

const mount = fc.record({
  path: fc.constantFrom('/a', '/b%20c', '/%C3%A9.mp3', '/live.mp3', '/x/../y', '/z'),
  listeners: fc.constantFrom('0', '1', '007', '9007199254740991', '99999999999999999', '-1'),
  max: fc.constantFrom('-', '-', '5', 'x'),
  type: fc.constantFrom('audio/mpeg', 'audio/ogg; codecs=opus', '', ' audio/aac ', 'a\u0001b'),
  title: fc.constantFrom(undefined, undefined, 'one', 'two\u0085', 'three'),
})
const textOf = (id: string, mounts: readonly (typeof mount extends fc.Arbitrary<infer T> ? T : never)[]) =>
  [
    `id: ${id}`,
    'url: http://a.example:8000',
    'interval: 10',
    'listeners: 0',
    `mounts: ${mounts.length}`,
    '',
    ...mounts.flatMap(({ path, listeners, max, type, title }) => [
      `${path} ${listeners} ${max} 128 0 ${type}`,
      ...(title === undefined ? [] : [` title: ${title}`]),
    ]),
    '',
  ].join('\n')
const parsed = (text: string, known?: KnownLines): Report | string => {
  try {
    return parseSourcelist(text, known)
  } catch (error) {
    if (error instanceof SourcelistError) return error.message
    throw error
  }
}

describe('the parser that knows earlier reports', () => {
  test('reads every report as one that knows none, down to the error', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.constantFrom('s1', 's2'), fc.array(mount, { maxLength: 5 })), { maxLength: 8 }),
        (reports) => {
          const last = new Map<string, Report>()
          const known = new KnownLines((id) => last.get(id))
          for (const [id, mounts] of reports) {
            const text = textOf(id, mounts)
            const report = parsed(text, known)
            expect(unpacked(report)).toEqual(parsed(text))
            if (typeof report !== 'string') last.set(id, report)
          }
        },
      ),
      { numRuns: repetitions(500) },
    )
  })

  test('keeps the object of each mount of which a report says nothing new', () => {
    const mounts = [1, 2, 3].map((i) =>
      mountReport(`/m${i}`, { about: { title: `title ${i}`, since: '2026-11-23T01:51:53Z' } }),
    )
    let last: Report | undefined
    const known = new KnownLines(() => last)
    const first = parseSourcelist(printSourcelist(reportOf('a', { mounts })), known)
    last = first
    const changed = mounts.map((each, i) => (i === 1 ? { ...each, listeners: 9 } : each))
    const second = parseSourcelist(printSourcelist(reportOf('a', { mounts: changed, listeners: 9 })), known)
    expect(second.mounts.map((each, i) => each === first.mounts.at(i))).toEqual([true, false, true])
    expect(second.mounts.at(1)).toMatchObject({ listeners: 9, about: { title: 'title 2' } })
    expect(second.mounts.at(1)?.about).toBe(first.mounts.at(1)?.about)
  })
})

describe('the mounts of which a report says something new', () => {
  const all = Array.from({ length: 100 }, (_, i) => mountReport(`/m${i}`))
  const twice = mountReport('/m7', { listeners: 2 })

  test('are found once, however many ask', () => {
    let reads = 0
    const counted = (mounts: MountReport[]) =>
      new Proxy(mounts, {
        get(target, name) {
          if (/^\d+$/.test(String(name))) reads++
          return Reflect.get(target, name)
        },
      })
    const before = counted(all)
    const now = counted(all.with(7, twice))
    const changes = mountChanges(before, now)
    expect(changes).toEqual([{ mount: '/m7', before: all[7], now: twice, place: 7 }])
    expect(reads).toBe(200)
    expect(mountChanges(before, now)).toBe(changes)
    expect(reads).toBe(200)
    // of another server in between
    expect(mountChanges(before, all.slice(1))).toHaveLength(1)
    expect(mountChanges(before, now)).toEqual(changes)
    expect(mountChanges(now, before)).toEqual([{ mount: '/m7', before: twice, now: all[7], place: 7 }])
  })

  test('are compared once as a registry stores the report', () => {
    let passes = 0
    const counted = (mounts: MountReport[]) =>
      new Proxy(mounts, {
        get(target, name) {
          // the last one is read by whoever reads all
          if (name === '99') passes++
          return Reflect.get(target, name)
        },
      })
    const registry = new Registry(undefined, 100, 0)
    const put = (seq: number, mounts: MountReport[]) =>
      registry.put(
        reportOf('s', { role: 'master', boot: 'b', seq, joins: seq, mounts: counted(mounts) }),
        '',
        seq * 1000,
      )
    expect(put(1, all)).toBeUndefined()
    passes = 0
    expect(put(2, all.with(7, twice))).toBeUndefined()
    // the array before, and the new one
    expect(passes).toBe(2)
  })
})

describe('servers of a fleet', () => {
  const names = ['/live.mp3', '/b%20c', '/%C3%A9.mp3', '/z']
  const report = (id: string, over: Partial<MountReport>[] = []) =>
    printSourcelist(
      reportOf(id, {
        mounts: names.map((name, i) =>
          mountReport(name, { contentType: i % 2 ? 'audio/aac' : '', ...over[i] }),
        ),
      }),
    )

  test('are read by their numbers alone once two of them in a row have the same mounts', () => {
    const cut = vi.spyOn(KnownLines.prototype, 'read')
    const known = new KnownLines()
    const linesCut = (text: string) => {
      cut.mockClear()
      expect(unpacked(parsed(text, known))).toEqual(parseSourcelist(text))
      // the parser without a memory cuts each of its lines
      return cut.mock.calls.length - names.length
    }
    expect(['a', 'b', 'c'].map((id) => linesCut(report(id)))).toEqual([4, 4, 0])
    expect(linesCut(report('d', [{ max: 7, listeners: 12_345 }, { max: 0 }, { joins: 99, kbps: 0 }]))).toBe(0)
    expect(linesCut(report('e', [{ joins: 999_999_999_999_999 }, { max: 1 }]))).toBe(0)
    expect(linesCut(report('e', [{ joins: 1_000_000_000_000_000 }]))).toBe(4)
    expect(linesCut(report('e', [{}, {}, { about: { title: 'a master says more' } }]))).toBe(4)
    expect(linesCut(report('f'))).toBe(0)
    cut.mockRestore()
  })

  test.for<[string, (text: string) => string]>([
    ['another name', (text) => text.replace('/z', '/y')],
    ['another type', (text) => text.replace('0 audio/aac', '0 audio/ogg')],
    ['no type', (text) => text.replace(' audio/aac', '')],
    ['a number less', (text) => text.replace(' 128 0', ' 128')],
    ['a number more', (text) => text.replace(' 128 0', ' 128 0 0')],
    ['no listeners', (text) => text.replace(' 0 - ', ' - ')],
    ['an empty number', (text) => text.replace(' 128 ', '  ')],
    ['no line end behind the last number', (text) => text.replace(' 7 audio/aac\n', ' 7 audio/aac')],
    ['two of them in one', (text) => text.replace('0 \n/z', '0 /z')],
    ['two of them in one, and a number less', (text) => text.replace(' 0 \n/z', ' /z')],
    ['two blanks', (text) => text.replace(' 128 0', ' 128  0')],
    ['a dash in place of listeners', (text) => text.replace(' 0 - ', ' - - ')],
    ['a dash in place of a rate', (text) => text.replace(' - 128 ', ' - - ')],
    ['a dash before a digit', (text) => text.replace(' - 128 ', ' -5 128 ')],
    ['a letter after a digit', (text) => text.replace(' 128 ', ' 12x ')],
    ['a colon in place of a digit', (text) => text.replace(' 128 ', ' 12: ')],
    ['a slash in place of a digit', (text) => text.replace(' 128 ', ' 12/ ')],
    ['a tab in place of a blank', (text) => text.replace(' 128 ', '\t128 ')],
    ['a line more', (text) => `${text}/more.mp3 0 - 128 0 audio/mpeg\n`],
    ['a line about the last mount', (text) => `${text} title: one\n`],
    ['an empty line more', (text) => `${text}\n`],
    ['a line less', (text) => text.slice(0, text.lastIndexOf('/z'))],
    ['no line end', (text) => text.slice(0, -1)],
    ['the end within a number', (text) => `${text.slice(0, text.lastIndexOf('28'))}\n`],
    ['a number too large', (text) => text.replace(' 128 ', ` ${'9'.repeat(16)} `)],
    ['leading zeros', (text) => text.replace(' 128 ', ' 000000000000128 ')],
    ['line ends of CRLF', (text) => text.replaceAll('\n', '\r\n')],
    ['blank lines at its beginning', (text) => `\n\n${text}`],
  ])('whose lines have %s are read as by a parser that knows nothing', ([, changed]) => {
    const known = new KnownLines()
    for (const id of ['a', 'b']) parseSourcelist(report(id), known)
    const text = changed(report('c', [{}, {}, {}, { joins: 7 }]))
    expect(text).not.toBe(report('c', [{}, {}, {}, { joins: 7 }]))
    expect(unpacked(parsed(text, known))).toEqual(parsed(text))
  })

  test('whose type is a long number, and which lack a number, are read as by a parser that knows nothing', () => {
    const known = new KnownLines()
    const type = { contentType: '9'.repeat(16) }
    const [a, b, c] = ['a', 'b', 'c'].map((id) => report(id, [{}, {}, {}, type])) as [string, string, string]
    for (const text of [a, b]) parseSourcelist(text, known)
    const shorter = c.replace(`128 0 ${type.contentType}`, `128 ${type.contentType}`)
    expect(unpacked(parsed(c, known))).toEqual(parsed(c))
    expect(parsed(shorter, known)).toEqual(parsed(shorter))
    expect(parsed(shorter)).toContain('joins is')
  })

  test('have the same list of mounts as before while none of them says anything new', () => {
    let last: Report | undefined
    const known = new KnownLines((id) => (id === last?.id ? last : undefined))
    for (const id of ['a', 'b']) parseSourcelist(report(id), known)
    const first = parseSourcelist(report('c'), known)
    last = first
    expect(parseSourcelist(report('c'), known).mounts).toBe(first.mounts)
    const third = parseSourcelist(report('c', [{}, { listeners: 5 }]), known)
    expect(mountChanges(first.mounts, third.mounts)).toMatchObject([
      { mount: '/b c', before: { listeners: 0 }, now: { listeners: 5 }, place: 1 },
    ])
    expect(first.mounts.at(1)?.listeners).toBe(0)
    // one of other mounts before: no list of these is kept
    last = reportOf('c', { mounts: [mountReport('/z'), mountReport('/live.mp3')] })
    expect([...parseSourcelist(report('c'), known).mounts]).toEqual([...first.mounts])
    expect(last.mounts).toHaveLength(2)
  })

  test('are read as by a parser that knows nothing, down to the error, whatever one character of a report is', () => {
    const numbers = fc.record({
      listeners: fc.nat(),
      joins: fc.maxSafeNat(),
      max: fc.option(fc.nat(), { nil: null }),
      kbps: fc.nat(400),
    })
    const change = fc.record({
      at: fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
      by: fc.constantFrom('', '\n', ' ', '0', '-', '/', '\r', 'x', '\u00e9', '9'.repeat(16), '\n\n'),
      cut: fc.nat(3),
    })
    fc.assert(
      fc.property(fc.array(numbers, { minLength: 4, maxLength: 4 }), fc.option(change), (over, changed) => {
        let last: Report | undefined
        const known = new KnownLines((id) => (id === last?.id ? last : undefined))
        for (const id of ['a', 'b']) parseSourcelist(report(id), known)
        const text = report('c', over)
        last = parseSourcelist(text, known)
        expect(unpacked(last)).toEqual(parseSourcelist(text))
        expect(mountChanges(last.mounts, parseSourcelist(text, known).mounts)).toEqual([])
        if (!changed) return
        const at = Math.floor(changed.at * text.length)
        const other = text.slice(0, at) + changed.by + text.slice(at + changed.cut)
        expect(unpacked(parsed(other, known))).toEqual(parsed(other))
      }),
      { numRuns: repetitions(2000) },
    )
  })
})

describe('known lines', () => {
  const line = (n: number) => `/m${n} 1 - 128 5 audio/mpeg`
  const learn = (known: KnownLines, n: number, parsed = mountReport(`/m${n}`)) => known.learn(line(n), parsed)

  test('are read without being parsed, once their name and type were found right', () => {
    const known = new KnownLines()
    expect(known.read(line(1))).toBeUndefined()
    learn(known, 1)
    expect(known.read('/m1 7 9 64 8 audio/mpeg')).toEqual({
      mount: '/m1',
      listeners: 7,
      max: 9,
      kbps: 64,
      joins: 8,
      contentType: 'audio/mpeg',
    })
    expect(known.read('/m1 0 0 0 0 audio/mpeg')).toMatchObject({ listeners: 0, max: 0, kbps: 0, joins: 0 })
    expect(known.read('/m1 10 - 128 999999999999999 audio/mpeg')).toMatchObject({
      joins: 999_999_999_999_999,
    })
    for (const other of [
      '/m2 1 - 128 5 audio/mpeg',
      '/m1 1 - 128 5 audio/aac',
      '/m1 1 - 128 5',
      '/m1 1 - 128',
      '/m1 1 -',
      '/m1 1',
      '/m1',
      '',
      'audio/mpeg',
      'x /m1 1 - 128 5 audio/mpeg',
      '/m1  - 128 5 audio/mpeg',
      '/m1 1  128 5 audio/mpeg',
      '/m1 1 - - 5 audio/mpeg',
      '/m1 -1 - 128 5 audio/mpeg',
      '/m1 1 -5 128 5 audio/mpeg',
      '/m1 1 - 12: 5 audio/mpeg',
      '/m1 1 - 12/ 5 audio/mpeg',
      '/m1 1 - 128 1000000000000000 audio/mpeg',
    ])
      expect(known.read(other), other).toBeUndefined()
  })

  test('are forgotten where there are too many names', () => {
    const known = new KnownLines()
    const any = mountReport('/m')
    for (let n = 1; n <= limits.namesKeptMax; n++) learn(known, n, any)
    expect(known.read(line(1))).toBeDefined()
    learn(known, limits.namesKeptMax + 1)
    expect(known.read(line(1))).toBeUndefined()
    expect(known.read(line(limits.namesKeptMax + 1))).toBeDefined()
  })

  test('are forgotten where there are more than a thousand types', () => {
    const known = new KnownLines()
    const typed = (n: number) => `/a 1 - 128 5 audio/x-${n}`
    for (let n = 1; n <= 1000; n++) known.learn(typed(n), mountReport('/a', { contentType: `audio/x-${n}` }))
    expect(known.read(typed(1))).toBeDefined()
    known.learn(typed(1001), mountReport('/a', { contentType: 'audio/x-1001' }))
    expect(known.read(typed(1))).toBeUndefined()
  })

  test('that have another form are not learned', () => {
    const known = new KnownLines()
    const parsed = mountReport('/a')
    expect(known.learn('/a\t1 - 128 5 audio/mpeg', parsed)).toBe(parsed)
  })
})

test('a mount given twice is refused, also in a report like the last one', () => {
  const known = (mounts: readonly string[]) =>
    new KnownLines(() => reportOf('a', { mounts: mounts.map((name) => mountReport(name)) }))
  const text = (...names: string[]) =>
    printSourcelist(reportOf('a', { mounts: names.map((name) => mountReport(name)) }))
  for (const last of [[], ['/a'], ['/a', '/b'], ['/b', '/a'], ['/a', '/b', '/c']])
    expect(() => parseSourcelist(text('/a', '/a'), known(last)), last.join(' ')).toThrow('/a appears twice')
  expect(parseSourcelist(text('/a', '/b'), known(['/a', '/b'])).mounts).toHaveLength(2)
})

describe('what is new in a report', () => {
  const [a, b, c] = ['/a', '/b', '/c'].map((name) => mountReport(name)) as [
    MountReport,
    MountReport,
    MountReport,
  ]
  const again = { ...b, listeners: 1 }
  test.each([
    ['nothing, if it is the same', [a, b], [a, b], []],
    ['nothing, if other objects say the same', [a, b], [{ ...a }, { ...b }], []],
    ['a mount whose numbers changed', [a, b], [a, again], [['/b', b, again, 1]]],
    ['a mount that has come', [a], [a, b], [['/b', undefined, b, 1]]],
    ['a mount that has gone', [a, b], [a], [['/b', b, undefined, -1]]],
    ['nothing of mounts in another order', [a, b], [b, a], []],
    [
      'one in place of another',
      [a, b],
      [a, c],
      [
        ['/c', undefined, c, 1],
        ['/b', b, undefined, -1],
      ],
    ],
    ['one that changed, in another order', [a, b], [again, a], [['/b', b, again, 0]]],
  ] as const)('is %s', (_, before, now, changes) => {
    expect(mountChanges(before, now)).toEqual(
      changes.map(([mount, before, now, place]) => ({ mount, before, now, place })),
    )
    const placesOf = (list: readonly MountReport[]) => new Map(list.map(({ mount }, place) => [mount, place]))
    const places = placesOf(before)
    const isAlike = [...placesOf(now)].every(([mount, place]) => (places.get(mount) ?? place) === place)
    if (!isAlike) expect(hasSamePlaces(before, now)).toBe(false)
    for (const list of [before, now]) expect(mountChanges(list, list)).toEqual([])
  })
})

test('docs/protocol.md#performance: storing a report costs nothing for mounts about which it says nothing new', () => {
  const readsOf = (role: Report['role'], count: number, changed: number) => {
    let reads = 0
    const counted = (each: MountReport) =>
      new Proxy(each, {
        get(target, name) {
          reads++
          return Reflect.get(target, name)
        },
      })
    const mounts = Array.from({ length: count }, (_, i) =>
      counted(mountReport(`/m${i}`, role === 'master' ? { about: { title: 'one' } } : {})),
    )
    const registry = new Registry(undefined, 100, 0)
    const put = (seq: number, now: MountReport[]) =>
      expect(
        registry.put(reportOf('s', { role, boot: 'b', seq, joins: seq, mounts: now }), '', seq * 1000),
      ).toBeUndefined()
    put(1, mounts)
    for (const each of mounts) registry.view.draw({ mount: each.mount, secure: false }, 1000, () => 0.5)
    put(2, mounts)
    reads = 0
    put(
      3,
      mounts.map((each, i) => (i < changed ? counted({ ...each, listeners: 5, joins: 7 }) : each)),
    )
    return reads
  }
  for (const role of ['slave', 'master'] as const) {
    expect(readsOf(role, 200, 0), role).toBe(readsOf(role, 100, 0))
    expect(readsOf(role, 200, 3), role).toBe(readsOf(role, 100, 3))
    expect(readsOf(role, 100, 0), role).toBeLessThan(20)
  }
})
