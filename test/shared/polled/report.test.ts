import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { limits } from '../../../shared/limits.ts'
import { reportOfStats } from '../../../shared/polled/report.ts'
import { type PolledServer, parsePolledServer } from '../../../shared/polled/server.ts'
import { parseStatsXml, parseStatusJson, StatsError } from '../../../shared/polled/stats.ts'
import { parseSourcelist, printSourcelist } from '../../../shared/report/sourcelist.ts'
import { anyText } from '../../kit/base/any-text.ts'
import { repetitions } from '../../kit/base/repetitions.ts'

const server: PolledServer = parsePolledServer('{"url":"http://old:8000","maxListeners":500}')
const source = (over: object = {}) => ({
  bitrate: 128,
  listener_peak: 9,
  listeners: 7,
  listenurl: 'http://localhost:8000/live.mp3',
  server_name: 'N',
  server_type: 'audio/mpeg',
  title: 'T',
  dummy: null,
  ...over,
})
const statsOf = (...sources: object[]) =>
  JSON.stringify({
    icestats: {
      host: 'localhost',
      server_id: 'Icecast 2.4.4',
      server_start_iso8601: '2026-11-23T01:51:53+0000',
      ...(sources.length > 0 && { source: sources.length === 1 ? sources[0] : sources }),
      dummy: null,
    },
  })
const report = (...sources: object[]) => reportOfStats(server, parseStatusJson(statsOf(...sources)))
const mount = (over: object = {}) => report(source(over)).mounts.at(0)

describe('the stats of a stock Icecast', () => {
  test('become a report that can be parsed after a restart, whatever the content type', () => {
    const odd = [
      'audio/\u2028mpeg',
      '\u2029',
      'audio/\u0085x',
      '\u00a0audio/mpeg\u00a0',
      '\ufeffaudio/mpeg',
      'a  b',
    ]
    for (const type of odd) {
      const made = report(source({ server_type: type }))
      expect(parseSourcelist(printSourcelist(made)), JSON.stringify(type)).toEqual(made)
    }
  })

  test('become a report that can be parsed after a restart, whatever their numbers and dates', () => {
    const most = Number.MAX_SAFE_INTEGER
    const numbers = { listeners: most, max_listeners: most, listener_connections: most, bitrate: most }
    const odd = (listenurl: string, started: string) =>
      source({ ...numbers, listener_peak: most, listenurl, stream_start_iso8601: started })
    const made = report(
      odd('http://h/a.mp3', '+275760-09-13T00:00:00Z'),
      odd('http://h/b.mp3', '-000001-01-01T00:00:00Z'),
      odd('http://h/c.mp3', '9999-12-31T23:59:59+0000'),
    )
    expect(made.listeners).toBe(most)
    expect(made.mounts.map(({ about }) => about?.since)).toEqual([
      undefined,
      undefined,
      '9999-12-31T23:59:59.000Z',
    ])
    expect(parseSourcelist(printSourcelist(made))).toEqual(made)
  })

  test('become the report that it would have sent, including what plays', () => {
    const about = { name: 'N', title: 'T', peak: 9 }
    expect(report(source(), source({ listenurl: 'http://localhost:8000/b.ogg', listeners: 3 }))).toEqual({
      id: 'old:8000',
      role: 'slave',
      urls: ['http://old:8000'],
      interval: 10,
      boot: '2026-11-23T01:51:53+0000',
      maxListeners: 500,
      listeners: 10,
      bandwidth: 1280,
      state: 'up',
      mounts: [
        {
          mount: '/live.mp3',
          listeners: 7,
          max: null,
          kbps: 128,
          joins: 0,
          contentType: 'audio/mpeg',
          about,
        },
        { mount: '/b.ogg', listeners: 3, max: null, kbps: 128, joins: 0, contentType: 'audio/mpeg', about },
      ],
    })
  })

  test('without a source, with one and with more differ in shape, not in meaning', () => {
    expect(report().mounts).toEqual([])
    expect(report(source()).mounts).toHaveLength(1)
    expect(report(source(), source({ listenurl: 'http://h/2' })).mounts).toHaveLength(2)
  })

  test.for([
    'http://localhost:8000',
    'http://10.0.0.1',
    'https://other.example.org:8443',
    'http://[::1]:8000',
  ])('call it %s: listeners go to the url that its operator named', (base) => {
    const { urls, mounts } = report(source({ listenurl: `${base}/live.mp3` }))
    expect(urls).toEqual(['http://old:8000'])
    expect(mounts.map((each) => each.mount)).toEqual(['/live.mp3'])
  })

  test.for([
    ['/café x.mp3', '/café x.mp3'],
    ['/caf%C3%A9.mp3', '/café.mp3'],
    ['/100%.mp3', '/100%.mp3'],
    ['/a?b#c', '/a?b#c'],
  ])('name a mount %s, percent-encoded or not', ([path, name]) => {
    expect(mount({ listenurl: `http://h:8000${path}` })?.mount).toBe(name)
  })

  test.for([
    'http://h:8000',
    'http://h//a',
    'http://h/../a',
    'http://h/admin/x',
    'see http://h/a',
    'http://h/a\nb',
    'http://h/\ud800',
    'nonsense',
    '',
    null,
    5,
  ])('with %j for a listenurl name no mount, and the rest still counts', (listenurl) => {
    expect(report(source({ listenurl }), source()).mounts.map((each) => each.mount)).toEqual(['/live.mp3'])
  })

  test('a repeated mount counts once', () => {
    expect(report(source(), source({ listeners: 90 })).listeners).toBe(7)
  })

  test.for<[object, number]>([
    [{ bitrate: 96 }, 96],
    [{ bitrate: '96' }, 96],
    [{ bitrate: 127.6 }, 128],
    [{ bitrate: undefined, 'ice-bitrate': 64 }, 64],
    [{ bitrate: undefined, audio_info: 'ice-samplerate=44100;ice-bitrate=48' }, 48],
    [{ bitrate: undefined, audio_bitrate: 86_000 }, 86],
    [{ bitrate: limits.bitrateMaxKbps }, limits.bitrateMaxKbps],
    [{ bitrate: 128_000 }, 128],
    [{ bitrate: 'Quality 4' }, 0],
    [{ bitrate: undefined }, 0],
    [{ bitrate: -5 }, 0],
  ])('S2: a rate of %j is %i kbit/s, 0 where unknown', ([over, kbps]) => {
    expect(mount(over)?.kbps).toBe(kbps)
  })

  test('S2: bandwidth is computed from the listeners, at 128 kbit/s if the bit rate is unknown', () => {
    expect(report(source({ bitrate: 64, listeners: 10 })).bandwidth).toBe(640)
    expect(report(source({ bitrate: null, listeners: 10 })).bandwidth).toBe(1280)
  })

  test.for<[object, string]>([
    [{ server_type: undefined, 'content-type': 'audio/ogg; codecs=opus' }, 'audio/ogg; codecs=opus'],
    [{ server_type: 'audio/mpeg\r\nx: y' }, 'audio/mpeg  x: y'],
    [{ server_type: 'x'.repeat(600) }, ''],
    [{ server_type: null }, ''],
  ])('a content type of %j is %j', ([over, type]) => {
    expect(mount(over)?.contentType.replace(/ +/g, ' ')).toBe(type.replace(/ +/g, ' '))
  })

  test('S6: a relay on demand that is idle counts, a mount that only a fallback serves does not', () => {
    const idle = { listener_peak: 0, listeners: 0, listenurl: 'http://h/idle.mp3', dummy: null }
    const fallback = { listeners: 0, listenurl: 'http://h/fallback.mp3', dummy: null }
    const fed = { listenurl: 'http://h/a', 'content-type': 'audio/aac' }
    const fedToo = { listenurl: 'http://h/b', server_type: 'audio/aac' }
    expect(report(idle, fallback, fed, fedToo).mounts.map((each) => each.mount)).toEqual([
      '/idle.mp3',
      '/a',
      '/b',
    ])
  })

  test('10,000 mounts are read, 10,001 are rejected', () => {
    const statsOf = (count: number) => ({
      source: Array.from({ length: count }, (_, i) => ({ listenurl: `http://h/${i}`, listener_peak: 0 })),
    })
    expect(reportOfStats(server, statsOf(10_000)).mounts).toHaveLength(10_000)
    expect(() => reportOfStats(server, statsOf(10_001))).toThrow('10001 mounts, expected at most 10000')
  })

  test('a report of more than a MiB is rejected, in bytes of UTF-8', () => {
    const withTypes = (type: string) =>
      Array.from({ length: 1000 }, (_, i) => source({ listenurl: `http://h/${i}`, server_type: type }))
    expect(report(...withTypes('x'.repeat(512))).mounts).toHaveLength(1000)
    expect(() => report(...withTypes('€'.repeat(512)))).toThrow('a report of more than 1048576 bytes')
  })

  test('a report of exactly a MiB is read, one byte more is rejected', () => {
    const whole = 'x'.repeat(512)
    const typed = (type: string, i: number) => ({ listenurl: `http://h/${i}`, server_type: type })
    const bytesOf = (sources: object[]) => printSourcelist(report(...sources)).length
    const one = bytesOf([typed(whole, 1000)])
    const each = bytesOf([typed(whole, 1000), typed(whole, 1001)]) - one
    // three digits more for their count
    const left = 1_048_576 - one - 3
    const sources = Array.from({ length: 1 + Math.floor(left / each) }, (_, i) => typed(whole, 1000 + i))
    // the last two share what is left
    const last = left % each
    const shorter = sources.slice(0, -1)
    const ends = (bytes: number) => [typed('x'.repeat(512 - each + last + bytes), 5000), typed(whole, 5001)]
    expect(bytesOf([...shorter, ...ends(0)])).toBe(1_048_576)
    expect(() => report(...shorter, ...ends(1))).toThrow('a report of more than 1048576 bytes')
  })

  test.for<[unknown, number]>([
    [7, 7],
    ['7', 7],
    ['7.6', 8],
    ['x7', 0],
    ['7x', 0],
    ['1e3', 0],
    [-1, 0],
    [1e300, 0],
    [true, 0],
  ])('with %j listeners of a mount have %i: numbers may be texts', ([listeners, count]) => {
    expect(mount({ listeners })?.listeners).toBe(count)
  })

  test('have a title that looks like a number or a yes', () => {
    expect([1979, true, '1979'].map((title) => mount({ title })?.about?.title)).toEqual([
      '1979',
      'true',
      '1979',
    ])
    const xml =
      '<icestats><source mount="/a"><server_type>x</server_type><title>0070</title></source></icestats>'
    expect(reportOfStats(server, parseStatsXml(xml)).mounts.at(0)?.about).toEqual({ title: '0070' })
  })

  test('say nothing about a mount where they have placeholders alone, or no text at all', () => {
    const none = { listener_peak: undefined, title: undefined, server_name: undefined }
    expect(mount(none)?.about).toBeUndefined()
    const placeholders = { server_name: 'Unspecified name', server_description: 'Unspecified description' }
    expect(mount({ ...none, ...placeholders })?.about).toBeUndefined()
    expect(mount({ ...none, stream_start_iso8601: 'yesterday' })?.about).toBeUndefined()
    expect(mount({ ...none, genre: 'Jazz' })?.about).toEqual({ genre: 'Jazz' })
  })

  test('have the rate and the channels of a stream, as measured before as declared', () => {
    const declared = { samplerate: 22_050, channels: 1 }
    expect(mount(declared)?.about).toMatchObject(declared)
    expect(mount({ ...declared, audio_samplerate: 44_100, audio_channels: 2 })?.about).toMatchObject({
      samplerate: 44_100,
      channels: 2,
    })
  })

  test.for<[object, string | undefined]>([
    [{}, undefined],
    [{ server_start: '' }, undefined],
    [{ server_start: '23/Nov/2026:02:12:32 +0000' }, '23/Nov/2026:02:12:32_+0000'],
    [{ server_start: 'x', server_start_iso8601: 'y' }, 'y'],
    [{ server_start: 'é'.repeat(9) + 'x'.repeat(200) }, `_${'x'.repeat(127)}`],
  ])('with %j name the boot %j', ([icestats, boot]) => {
    expect(reportOfStats(server, parseStatusJson(JSON.stringify({ icestats }))).boot).toBe(boot)
  })
})

describe('Icecast 2.4 prints text without quotes if it looks numeric', () => {
  test.for(['-', ' - ', '1.', '-.5', '1e', '+', '.', '007', ''])('a title of %j breaks nothing', (title) => {
    const text = statsOf(source({ title: 'TITLE' }), source({ listenurl: 'http://h/b', listeners: 2 }))
    const broken = text.replaceAll('"TITLE"', title)
    const { listeners, mounts } = reportOfStats(server, parseStatusJson(broken))
    expect([listeners, mounts.length]).toEqual([9, 2])
  })

  test('a text that contains such JSON stays unchanged', () => {
    const text = statsOf(source({ title: 'TITLE', server_type: 'a":-, \\ b{:1.}' })).replace('"TITLE"', '-')
    expect(reportOfStats(server, parseStatusJson(text)).mounts.at(0)?.contentType).toBe('a":-, \\ b{:1.}')
  })

  test('raw control bytes in a title break nothing', () => {
    expect(
      parseStatusJson(statsOf(source({ title: 'TAB' })).replace('TAB', 'a\tb\u0001')).source,
    ).toHaveLength(1)
  })
})

describe('the XML stats of icecast-kh', () => {
  const xml = `<?xml version="1.0"?>
<icestats><listener_connections>812</listener_connections><listeners>12</listeners><server_id>Icecast 2.4.0-kh15</server_id>
<server_start>23/Nov/2026:02:12:32 +0000</server_start>
<source mount="/caf&#xE9; &amp; x.mp3"><incoming_bitrate>127800</incoming_bitrate><listener_connections>500</listener_connections>
<listener_peak>20</listener_peak><listeners>9</listeners><listenurl>http://localhost/x</listenurl><max_listeners>unlimited</max_listeners>
<outgoing_kbitrate>1152</outgoing_kbitrate><server_type>audio/mpeg</server_type><title>&lt;T&gt;</title></source>
<source mount="/b.aac"><listener_peak>1</listener_peak><listeners>1</listeners><max_listeners>40</max_listeners></source></icestats>`

  test('have more fields: joins, the limit of a mount, outgoing bandwidth', () => {
    expect(reportOfStats(server, parseStatsXml(xml))).toMatchObject({
      boot: '23/Nov/2026:02:12:32_+0000',
      listeners: 12,
      joins: 812,
      bandwidth: 1152 + 128,
      mounts: [
        { mount: '/café & x.mp3', listeners: 9, max: null, kbps: 128, joins: 500, contentType: 'audio/mpeg' },
        { mount: '/b.aac', listeners: 1, max: 40, kbps: 0, joins: 0, contentType: '' },
      ],
    })
  })

  test('may have one source, which is not a list, or none', () => {
    expect(parseStatsXml('<icestats><source mount="/a"/></icestats>').source).toHaveLength(1)
    expect(parseStatsXml('<icestats><listeners>0</listeners></icestats>').source).toEqual([])
  })

  test('with a DOCTYPE are rejected, so no entity can expand', () => {
    expect(() =>
      parseStatsXml('<!DOCTYPE a [<!ENTITY x "y">]><icestats><host>&x;</host></icestats>'),
    ).toThrow('not the stats of an Icecast: a DOCTYPE, expected none')
  })
})

describe('text that is not stats', () => {
  const bodies = [
    '',
    '<html>404</html>',
    '{}',
    '[]',
    'null',
    '{"icestats":5}',
    '{"icestats":{"source":5}}',
    '{"icestats":',
  ]
  test.for(bodies)('%s is rejected', (body) => {
    expect(() => parseStatusJson(body)).toThrow(StatsError)
    expect(() => parseStatsXml(body)).toThrow(StatsError)
  })

  test('is named by the part that is not usable', () => {
    expect(() => parseStatusJson('{"icestats":{"source":5}}')).toThrow('no usable icestats.source')
    expect(() => parseStatusJson('5')).toThrow('no usable object')
  })

  test('truncated stats are rejected', () => {
    const whole = statsOf(source(), source({ listenurl: 'http://h/b' }))
    for (let end = 0; end < whole.length; end++)
      expect(() => parseStatusJson(whole.slice(0, end))).toThrow(StatsError)
  })

  test('never crashes or hangs the parsers', () => {
    const pieces = fc.constantFrom(
      '"',
      '\\',
      ':',
      ',',
      '{',
      '}',
      '-',
      '<source>',
      '&#x41;',
      '"icestats":{',
      ' ',
      '\0',
    )
    fc.assert(
      fc.property(fc.array(fc.oneof(pieces, fc.string()), { maxLength: 60 }), (parts) => {
        for (const parse of [parseStatusJson, parseStatsXml])
          try {
            parse(parts.join(''))
          } catch (error) {
            if (!(error instanceof StatsError)) throw error
          }
      }),
      { numRuns: repetitions(2000) },
    )
  })

  test.for(['"', '\\"', '-,', ':', '{"a":', '"\\\\'])('up to 4 MiB of %s are rejected', (piece) => {
    expect(() => parseStatusJson(piece.repeat(repetitions(4_194_304) / piece.length))).toThrow(StatsError)
  })
})

test('a report made from any stats is accepted by the parser of reports', () => {
  const odd = fc.oneof(fc.string(), fc.integer(), fc.double(), fc.constant(null), fc.constant('1e400'))
  const sources = fc.array(
    fc.record({
      listenurl: anyText().map((path) => `http://h/${path}`),
      listener_peak: fc.constant(0),
      listeners: odd,
      bitrate: odd,
      server_type: odd,
      max_listeners: odd,
    }),
  )
  fc.assert(
    fc.property(sources, (list) => {
      const sourcelist = printSourcelist(report(...list))
      expect(printSourcelist(parseSourcelist(sourcelist))).toBe(sourcelist)
    }),
  )
})
