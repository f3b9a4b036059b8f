import fc from 'fast-check'
import * as v from 'valibot'
import { describe, expect, test } from 'vitest'
import { OriginSchema, type Report } from '../../../shared/report/report.ts'
import {
  claimOf,
  decodeSourcelist,
  fitting,
  lineNotUtf8,
  parseSourcelist,
  printSourcelist,
  SourcelistError,
} from '../../../shared/report/sourcelist.ts'
import { anyText } from '../../kit/base/any-text.ts'
import { repetitions } from '../../kit/base/repetitions.ts'
import { anyReport } from '../../kit/parts/any-report.ts'
import { mountOf } from '../../kit/parts/reports.ts'

/** The example of docs/sourcelist.md. */
const example = `sourcelist: 1
id: relay1
boot: 01JD3Q
seq: 17
role: slave
url: http://relay1.example.org:8000
url: https://relay1.example.org:8443
interval: 10
max-listeners: 5000
listeners: 1234
max-bandwidth: 1000000
bandwidth: 158000
joins: 99312
state: up
location: 52.52,13.40
mounts: 2

/live.mp3 700 - 128 81234 audio/mpeg
/news.ogg 534 1000 64 18078 audio/ogg; codecs=opus
`

const parsed: Report = {
  id: 'relay1',
  boot: '01JD3Q',
  seq: 17,
  role: 'slave',
  urls: ['http://relay1.example.org:8000', 'https://relay1.example.org:8443'],
  interval: 10,
  maxListeners: 5000,
  listeners: 1234,
  maxBandwidth: 1_000_000,
  bandwidth: 158_000,
  joins: 99_312,
  state: 'up',
  location: { latitude: 52.52, longitude: 13.4 },
  mounts: [
    {
      mount: mountOf('/live.mp3'),
      listeners: 700,
      max: null,
      kbps: 128,
      joins: 81_234,
      contentType: 'audio/mpeg',
    },
    {
      mount: mountOf('/news.ogg'),
      listeners: 534,
      max: 1000,
      kbps: 64,
      joins: 18_078,
      contentType: 'audio/ogg; codecs=opus',
    },
  ],
}

const minimal = 'url: http://a:8000\ninterval: 10\nlisteners: 0\nmounts: 0\n\n'
const refusalOf = (text: string) => {
  try {
    parseSourcelist(text)
    return 'accepted'
  } catch (error) {
    if (error instanceof SourcelistError) return error.message
    throw error
  }
}

describe('S8, S9: a report', () => {
  test('is read as docs/sourcelist.md writes it', () => {
    expect(parseSourcelist(example)).toEqual(parsed)
  })

  test('may end its lines in CR LF, and have its header in any order', () => {
    expect(parseSourcelist(example.replaceAll('\n', '\r\n'))).toEqual(parsed)
    const [header = '', mounts = ''] = example.split('\n\n')
    const urls = header.split('\n').filter((line) => line.startsWith('url:'))
    const others = header.split('\n').filter((line) => !line.startsWith('url:'))
    expect(parseSourcelist(`${[...others.reverse(), ...urls].join('\n')}\n\n${mounts}`)).toEqual(parsed)
  })

  test('needs only url, interval, listeners and mounts, and has defaults for the rest', () => {
    expect(parseSourcelist(minimal)).toMatchObject({ id: 'a:8000', role: 'slave', state: 'up', mounts: [] })
    expect(parseSourcelist(minimal.replace('http://a:8000', 'https://a.example'))).toMatchObject({
      id: 'a.example:443',
      urls: ['https://a.example'],
    })
  })

  test.each([
    ['https://a.example/radio/8000', 'https://a.example/radio/8000', 'a.example:443:radio:8000'],
    ['http://a:8000/', 'http://a:8000', 'a:8000'],
    ['http://a:8000/radio/', 'http://a:8000/radio', 'a:8000:radio'],
    ['http://a:8000/r%C3%A4dio', 'http://a:8000/r%C3%A4dio', 'a:8000:r-C3-A4dio'],
  ])('may have a path in its url, as a proxy has: %s', (given, url, id) => {
    expect(parseSourcelist(minimal.replace('http://a:8000', given))).toMatchObject({ urls: [url], id })
  })

  test.each([
    'http://a/../b',
    'http://a//b',
    'http://a/b//',
    'http://a/%2F',
    'http://a/b?',
    'http://a/b#',
    'http://a/\\',
  ])('may not have %s as its url', (url) => {
    expect(refusalOf(minimal.replace('http://a:8000', url))).toMatch(/url is/)
  })

  test('may contain names that this version does not know', () => {
    expect(refusalOf(`weather: fine\nx-2: y\nX_3.b: z\n${minimal}`)).toBe('accepted')
  })

  test('truncated at any byte is rejected', () => {
    for (const text of [example, example.replaceAll('\n', '\r\n'), minimal])
      for (let end = 0; end < text.length; end++)
        expect(refusalOf(text.slice(0, end)), `cut at ${end}`).toMatch(/^line \d+: /)
  })
})

test.each(
  [
    [
      'listeners: 0',
      'listeners: -1',
      'line 3: listeners is "-1", expected an integer from 0 to 9007199254740991',
    ],
    [
      'listeners: 0',
      'listeners: NaN',
      'line 3: listeners is "NaN", expected an integer from 0 to 9007199254740991',
    ],
    [
      'listeners: 0',
      'listeners: 1e3',
      'line 3: listeners is "1e3", expected an integer from 0 to 9007199254740991',
    ],
    [
      'listeners: 0',
      'listeners: 1.5',
      'line 3: listeners is "1.5", expected an integer from 0 to 9007199254740991',
    ],
    ['listeners: 0', 'listeners:', 'line 3: listeners is "", expected an integer from 0 to 9007199254740991'],
    ['listeners: 0', 'listeners: Infinity', 'expected an integer'],
    [
      'listeners: 0',
      'listeners: 9007199254740992',
      'line 3: listeners is "9007199254740992", expected an integer',
    ],
    ['listeners: 0', `listeners: ${'9'.repeat(400)}`, 'line 3: listeners is "999'],
    ['listeners: 0\n', '', 'line 4: no usable listeners, expected "listeners: …"'],
    ['url: http://a:8000\n', '', 'no usable url, expected "url: …"'],
    ['listeners: 0', 'listeners: 0\nlisteners: 0', 'line 4: listeners appears twice, expected it once'],
    ['interval: 10', 'interval: 0', 'line 2: interval is "0", expected an integer from 1 to 3600'],
    ['interval: 10', 'interval: 3601', 'line 2: interval is "3601", expected an integer from 1 to 3600'],
    ['interval: 10', 'interval: 10\nseq: -3', 'line 3: seq is "-3"'],
    ['interval: 10', 'interval: 10\nid: a b', 'line 3: id is "a b", expected 1 to 128 of'],
    ['interval: 10', `interval: 10\nid: ${'a'.repeat(129)}`, 'expected 1 to 128 of'],
    ['interval: 10', 'interval: 10\nrole: king', 'line 3: role is "king", expected slave or master'],
    [
      'interval: 10',
      'interval: 10\nstate: down',
      'line 3: state is "down", expected up or draining or leaving',
    ],
    [
      'interval: 10',
      'interval: 10\nsourcelist: 2',
      'line 3: sourcelist is "2", expected 1, the only version',
    ],
    [
      'interval: 10',
      'interval: 10\nlocation: 91,0',
      'line 3: location is "91,0", expected a latitude from -90 to 90',
    ],
    [
      'interval: 10',
      'interval: 10\nlocation: 9',
      'line 3: location is "9", expected latitude,longitude in degrees',
    ],
    [
      'interval: 10',
      'interval: 10\ncountries: Germany',
      'line 3: countries is "Germany", expected ISO 3166 codes of countries',
    ],
    [
      'interval: 10',
      'interval: 10\nlocation: x9,1',
      'line 3: location is "x9,1", expected latitude,longitude in',
    ],
    [
      'interval: 10',
      'interval: 10\nlocation: 9,1x',
      'line 3: location is "9,1x", expected latitude,longitude in',
    ],
    ['interval: 10', 'interval: 10\nboot: a b', 'line 3: boot is "a b", expected 1 to 128 visible ASCII'],
    ['interval: 10', `interval: 10\nboot: ${'b'.repeat(129)}`, 'expected 1 to 128 visible ASCII'],
    ['interval: 10', 'interval: 10\na b: 1', 'line 3: "a b: 1", expected "name: value"'],
    ['interval: 10', 'interval: 10\ncountries: DE, !US', 'line 3: countries is "DE, !US", expected'],
    ['interval: 10', 'interval 10', 'line 2: "interval 10", expected "name: value"'],
    [
      'http://a:8000',
      'ftp://a:8000',
      'line 1: url is "ftp://a:8000", expected http://host:port or https://host:port',
    ],
    ['http://a:8000', 'http://u:p@a:8000', 'line 1: url is'],
    ['http://a:8000', 'http://a:8000/x//y', 'line 1: url is'],
    ['http://a:8000', 'http://a:8000?x', 'line 1: url is'],
    ['http://a:8000', 'http://a:8000#x', 'line 1: url is'],
    ['http://a:8000', 'http://a:80000', 'line 1: url is'],
    ['http://a:8000', 'a:8000', 'line 1: url is'],
    [
      'http://a:8000',
      `http://a:8000${'\nurl: http://a:8000'.repeat(8)}`,
      'line 9: no usable url, expected at most 8 of them',
    ],
    ['mounts: 0', 'mounts: 1', 'line 5: 0 mount lines, expected the 1 that the header promises'],
    ['mounts: 0', 'mounts: 10001', 'line 4: mounts is "10001", expected an integer from 0 to 10000'],
    ['mounts: 0\n', 'mounts: 0\n\n/a 0 - 0 0 x', 'line 6: 1 mount lines, expected the 0'],
  ].map(([from = '', to = '', message = '']) => ({
    from,
    to,
    message,
    shown: JSON.stringify(to.slice(0, 40)),
  })),
)('a report with $from made $shown is refused: $message', ({ from, to, message }) => {
  expect(refusalOf(minimal.replace(from, to))).toContain(message)
})

test.each(
  [
    ['/a 1 - 128 5 audio/mpeg', 'accepted'],
    ['/a 1 - 128 5 ', 'accepted'],
    ['/a 1 - 128 5', 'accepted'],
    ['/a 1 - 128 5 audio/\u2028mpeg', 'accepted'],
    ['/a 1 - 128', 'line 6: "/a 1 - 128", expected "mount listeners max kbit/s joins content-type"'],
    ['/a -1 - 128 5 x', 'line 6: listeners is "-1", expected an integer from 0'],
    ['/a 1 none 128 5 x', 'line 6: max is "none", expected an integer or -'],
    ['/a 1 - NaN 5 x', 'line 6: kbps is "NaN", expected an integer'],
    ['/../a 1 - 128 5 x', 'line 6: mount is "/../a", expected a percent-encoded path'],
    ['//a 1 - 128 5 x', 'line 6: mount is "//a"'],
    ['/a%0d%0ab 1 - 128 5 x', 'line 6: mount is "/a%0d%0ab"'],
    ['/a%00 1 - 128 5 x', 'line 6: mount is "/a%00"'],
    ['/admin/stats 1 - 128 5 x', 'line 6: mount is "/admin/stats"'],
    [`/${'a'.repeat(65_536)} 1 - 128 5 x`, 'line 6: mount is "/aaa'],
    [`/a 1 - 128 5 ${'x'.repeat(513)}`, 'line 6: contentType is "xxx'],
    ['/a 1 - 128 5 audio/\u0007', 'line 6: contentType is'],
  ].map(([line = '', message = '']) => ({ line, message, shown: JSON.stringify(line.slice(0, 40)) })),
)('the mount line $shown: $message', ({ line, message }) => {
  const refusal = refusalOf(`url: http://a:8000\ninterval: 10\nlisteners: 0\nmounts: 1\n\n${line}\n`)
  if (message === 'accepted') expect(refusal).toBe(message)
  else expect(refusal).toContain(message)
})

test('a repeated mount is rejected with the line of the second, however it is encoded', () => {
  const header = 'url: http://a:8000\ninterval: 10\nlisteners: 0\nmounts: 2\n\n'
  expect(refusalOf(`${header}/a 0 - 0 0 x\n/%61 0 - 0 0 x\n`)).toBe(
    'line 7: /a appears twice, expected it once',
  )
})

test('without an id, host and port are one as far as an id may be like that', () => {
  expect(parseSourcelist(minimal).id).toBe('a:8000')
  expect(refusalOf(minimal.replace('//a', '//a!b'))).toBe(
    'line 1: url is "http://a!b:8000", which cannot serve as an id; expected "id: …"',
  )
  expect(refusalOf(minimal.replace('//a', `//${'a'.repeat(125)}`))).toContain('cannot serve as an id')
})

test('a header line full of blanks is parsed in one pass: inner blanks are kept, outer ones trimmed', () => {
  const blanks = ' \t'.repeat(500_000)
  const text = `x: a${blanks}b\nboot:${blanks}b1${blanks}\n${minimal}`
  expect(parseSourcelist(text).boot).toBe('b1')
  expect(refusalOf(text.replace(': a', ' a'))).toContain('line 1: "x a')
})

test('names of JavaScript properties are unknown names like any other', () => {
  const text = `__proto__: 1\nconstructor: 2\ntoString: 3\n${minimal}`
  expect(parseSourcelist(text)).toEqual(parseSourcelist(minimal))
  expect(refusalOf(`__proto__: 1\n${text}`)).toBe('line 2: __proto__ appears twice, expected it once')
})

test('any report printed and parsed is the same report', () => {
  fc.assert(
    fc.property(anyReport, (report) => {
      expect(parseSourcelist(printSourcelist(report))).toEqual(report)
    }),
    { numRuns: repetitions(2_000) },
  )
})

test('no mutation of a valid report crashes the parser', () => {
  const bent = fc
    .tuple(anyReport, fc.array(fc.tuple(fc.nat(), anyText({ maxLength: 5 })), { maxLength: 4 }))
    .map(([report, edits]) => {
      let text = printSourcelist(report)
      for (const [at, insert] of edits)
        text = text.slice(0, at % text.length) + insert + text.slice((at % text.length) + 1)
      return text
    })
  fc.assert(
    fc.property(fc.oneof(bent, anyText({ maxLength: 300 })), (text) => {
      const refusal = refusalOf(text)
      if (refusal !== 'accepted') expect(refusal).toMatch(/^line \d+: /)
      else expect(parseSourcelist(printSourcelist(parseSourcelist(text)))).toEqual(parseSourcelist(text))
    }),
    { numRuns: repetitions(5_000) },
  )
})

test('bytes that are not UTF-8, or too many, are rejected', () => {
  expect(decodeSourcelist(Uint8Array.of(0x61, 0xff))).toBeUndefined()
  expect(decodeSourcelist(new Uint8Array(1_048_577))).toBeUndefined()
  expect(decodeSourcelist(new TextEncoder().encode(example))).toBe(example)
  expect(lineNotUtf8(Uint8Array.of(0x61, 0x0a, 0x0a, 0x62, 0xff, 0x0a))).toBe(3)
  // a mark of the byte order is a character of the first name, which no name may have
  expect(decodeSourcelist(Uint8Array.of(0xef, 0xbb, 0xbf, 97))).toBe('\ufeffa')
})

describe('bounds of a report hold to the byte', () => {
  test('a body of exactly 1 MiB is read, one more byte is not', () => {
    const body = (bytes: number) => new Uint8Array(bytes).fill(0x61)
    expect(decodeSourcelist(body(1_048_576))).toHaveLength(1_048_576)
    expect(decodeSourcelist(body(1_048_577))).toBeUndefined()
  })

  test('a report that has exactly the bytes that are left is sent whole, with one byte less it is shortened', () => {
    const about = { title: 'T', description: 'long' }
    const report: Report = { ...parsed, mounts: parsed.mounts.map((mount) => ({ ...mount, about })) }
    const { length } = new TextEncoder().encode(printSourcelist(report))
    expect(fitting(report, length)).toEqual(report)
    expect(fitting(report, length - 1).mounts.map((mount) => mount.about?.description)).toEqual([
      undefined,
      undefined,
    ])
  })

  test('a report without lines about its mounts gets none where it is shortened', () => {
    expect(fitting(parsed, 10).mounts.map((mount) => 'about' in mount)).toEqual([false, false])
  })

  test('a latitude of 90 degrees and a longitude of 180 are places', () => {
    const at = (location: string) => refusalOf(minimal.replace('mounts', `location: ${location}\nmounts`))
    expect([at('90,180'), at('-90,-180')]).toEqual(['accepted', 'accepted'])
    expect(at('90,180.1')).toContain('expected a latitude')
  })

  test('lines about a mount of which none is known, as of a newer version, are as no lines', () => {
    const [mount] = parseSourcelist(
      minimal.replace('mounts: 0\n\n', 'mounts: 1\n\n/a 0 2 7 5 audio/mpeg\n mood: calm\n'),
    ).mounts
    expect(mount && 'about' in mount).toBe(false)
  })

  test('a location of -0 degrees is read as 0, as it is printed', () => {
    const { location } = parseSourcelist(minimal.replace('mounts', 'location: -0,-0.0\nmounts'))
    expect(location).toStrictEqual({ latitude: 0, longitude: 0 })
  })

  test('an error shows sixty characters of a value', () => {
    const said = (length: number) =>
      refusalOf(minimal.replace('listeners: 0', `listeners: ${'x'.repeat(length)}`))
    expect(said(60)).toContain(`"${'x'.repeat(60)}"`)
    expect(said(61)).toContain(`"${'x'.repeat(60)}…"`)
  })
})

test('a report that has no blank line is told so, on the line after its last', () => {
  expect(refusalOf('url: http://a:8000\ninterval: 10\n')).toBe(
    'line 3: expected a blank line after the header',
  )
  expect(refusalOf('\n')).toBe('line 1: no usable url, expected "url: …"')
})

test('an error names the line, wherever the header has it', () => {
  expect(refusalOf('url: http://a:8000\ninterval: 10\nurl: ftp://b\nlisteners: 0\nmounts: 0\n\n')).toMatch(
    /^line 3: url is "ftp:/,
  )
  expect(refusalOf('interval: 10\nurl: http://a!b:8000\nlisteners: 0\nmounts: 0\n\n')).toMatch(
    /^line 2: .*cannot serve as an id/,
  )
  expect(refusalOf('a: b\nc: d')).toBe('line 2: expected the last line to end in LF')
})

test('the default id has the port of its scheme', () => {
  expect(parseSourcelist(minimal.replace('http://a:8000', 'http://a.example')).id).toBe('a.example:80')
})

test.each(['xhttp://a:8000', 'x https://a'])('%s is not a url', (url) => {
  expect(refusalOf(minimal.replace('http://a:8000', url))).toMatch(/^line 1: url is /)
})

test('a url that names a server alone has no path, and no user', () => {
  const said = ['http://A:80/', 'https://a:8000', 'http://a/x', 'http://u@a', 'http://a?b', 'ftp://a', '']
  expect(said.map((url) => v.is(OriginSchema, url))).toEqual([true, true, false, false, false, false, false])
  expect(v.parse(OriginSchema, 'http://A:80/')).toBe('http://a')
})

test('a content type is trimmed, and a line with a blank at its beginning is not a mount', () => {
  const one = (line: string) => `url: http://a:8000\ninterval: 10\nlisteners: 0\nmounts: 1\n\n${line}\n`
  expect(parseSourcelist(one('/a 1 - 128 5  audio/mpeg ')).mounts.at(0)?.contentType).toBe('audio/mpeg')
  expect(refusalOf(one('\t/a 1 - 128 5 x'))).toContain(
    'expected "mount listeners max kbit/s joins content-type"',
  )
  expect(refusalOf(one('/a 1 - 128 5x y'))).toContain('joins is "5x"')
})

describe('what a malformed report claims to be', () => {
  test.each([
    ['id: a\nrole: master\n\nid: b', { id: 'a', role: 'master' }],
    ['  ID:  a b \r\n\r\nrole: master', { id: 'a b', role: undefined }],
    ['role: slave\nidle: x', { id: undefined, role: 'slave' }],
    ['\nid: a', { id: undefined, role: undefined }],
    ['x\nid: a', { id: 'a', role: undefined }],
  ])('%j claims %j', (text, claim) => expect(claimOf(text)).toEqual(claim))
})
