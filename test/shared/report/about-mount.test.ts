import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type AboutMount, aboutText, isSameAbout, printAbout } from '../../../shared/report/about-mount.ts'
import { KnownLines } from '../../../shared/report/mount-lines.ts'
import type { Report } from '../../../shared/report/report.ts'
import { fitting, parseSourcelist, printSourcelist } from '../../../shared/report/sourcelist.ts'
import { anyText } from '../../kit/base/any-text.ts'
import { mountReport, reportOf } from '../../kit/parts/reports.ts'

const header = (role: string, mounts: number) =>
  `role: ${role}\nurl: http://a.example\ninterval: 10\nlisteners: 0\nmounts: ${mounts}\n\n`
const line = '/live.mp3 0 - 128 0 audio/mpeg\n'
const aboutIn = (text: string) => parseSourcelist(text).mounts.at(0)?.about

const whole: AboutMount = {
  title: 'Ouvertüre: "Égmont" 🎻',
  artist: 'L. v. B.',
  name: 'Radio Eins',
  description: 'news, and more',
  genre: 'talk',
  site: 'https://radio.example/?a=b',
  since: '2026-11-25T20:44:37.000Z',
  peak: 17,
  samplerate: 44_100,
  channels: 2,
  hls: 4,
  hidden: true,
  noMount: true,
}

describe('lines about a mount in a report', () => {
  test('say what a master plays, since when, and whether it is public', () => {
    const text = `${header('master', 2)}${line} title: Song: One\n artist:  A \n since: 2026-11-25T20:44:37Z\n peak: 9\n samplerate: 44100\n channels: 2\n hls: 4\n flags: hidden no-mount\n/b.mp3 0 - 0 0 \n`
    const [first, second] = parseSourcelist(text).mounts
    expect(first?.about).toEqual({
      title: 'Song: One',
      artist: 'A',
      since: '2026-11-25T20:44:37Z',
      peak: 9,
      samplerate: 44_100,
      channels: 2,
      hls: 4,
      hidden: true,
      noMount: true,
    })
    expect(second?.about).toBeUndefined()
  })

  test('do not count as mounts, and unknown names are ignored', () => {
    expect(aboutIn(`${header('master', 1)}${line} title: A\n mood: blue\n`)).toEqual({ title: 'A' })
    expect(aboutIn(`${header('master', 1)}${line} flags: loud, hidden\r\n`)).toEqual({ hidden: true })
  })

  test.for([
    ['no mount above it', ` title: A\n${line}`, 'line 7: " title: A", expected a mount\'s line before it'],
    ['no name', `${line} title\n`, 'line 8: "title", expected "name: value"'],
    ['a name twice', `${line} title: A\n Title: B\n`, 'line 9: title appears twice, expected it once'],
    [
      'a date of no calendar',
      `${line} since: yesterday\n`,
      'line 8: since is "yesterday", expected an ISO 8601 date',
    ],
    [
      'a date of a year with a sign',
      `${line} since: +002026-11-25T20:44:37Z\n`,
      'line 8: since is "+002026-11-25T20:44:37Z", expected an ISO 8601 date',
    ],
    [
      'a peak that is not a number',
      `${line} peak: -1\n`,
      'line 8: peak is "-1", expected an integer from 0 to 9007199254740991',
    ],
    [
      'a control character',
      `${line} title: a\u0007b\n`,
      'line 8: title is "a\\u0007b", expected no control characters',
    ],
    ['more than 1 KiB', `${line} title: ${'ü'.repeat(513)}\n`, 'expected at most 1024 bytes'],
    ['too many', line + ' a: b\n'.repeat(33), 'line 40: too many lines about one mount, expected at most 32'],
  ] as const)('%s is refused with its line', ([, mounts, message]) => {
    expect(() => parseSourcelist(header('master', 1) + mounts)).toThrow(message)
  })

  const text = anyText({ maxLength: 600 }).map(aboutText)
  const anything = fc.record({
    title: text,
    artist: text,
    name: text,
    description: text,
    peak: fc.option(fc.nat(), { nil: undefined }),
    hidden: fc.constantFrom(true, undefined),
    noMount: fc.constantFrom(true, undefined),
  })

  test('can hold any title of a source, which parses back to the same', () => {
    fc.assert(
      fc.property(anything, (about) => {
        const report = reportOf('m', { role: 'master', mounts: [mountReport('/a.mp3', { about })] })
        expect(parseSourcelist(printSourcelist(report)).mounts.at(0)?.about ?? {}).toEqual(defined(about))
      }),
    )
    const report = reportOf('m', { role: 'master', mounts: [mountReport('/a.mp3', { about: whole })] })
    expect(parseSourcelist(printSourcelist(report)).mounts.at(0)?.about).toEqual(whole)
  })

  test('are cut at 1 KiB without splitting a character', () => {
    expect(aboutText(`a${'€'.repeat(400)}`)).toBe(`a${'€'.repeat(341)}`)
    expect([aboutText(' \n '), aboutText(undefined)]).toEqual([undefined, undefined])
    expect(aboutText('a\r\nb\0')).toBe('a b')
  })

  test('are left out of a report that would be too large, but never a mount or a flag', () => {
    const about = { ...whole, description: 'd'.repeat(1000) }
    const mounts = Array.from({ length: 500 }, (_, i) => mountReport(`/${i}.mp3`, { about }))
    const report: Report = reportOf('m', { role: 'master', mounts })
    const within = (bytes: number) => parseSourcelist(printSourcelist(fitting(report, bytes))).mounts
    expect(within(1_048_576).at(499)?.about).toEqual(whole && about)
    expect(within(200_000).at(499)?.about).toEqual({
      title: whole.title,
      artist: whole.artist,
      hidden: true,
      noMount: true,
    })
    expect(within(50_000)).toHaveLength(500)
    expect(within(50_000).at(0)?.about).toEqual({ hidden: true, noMount: true })
  })

  test('are the same if only the peak differs', () => {
    expect(isSameAbout(whole, { ...whole, peak: 18 })).toBe(true)
    expect(isSameAbout(whole, { ...whole, title: 'B' })).toBe(false)
    expect(isSameAbout(undefined, { title: 'B' })).toBe(false)
    expect(printAbout({})).toEqual([])
  })
})

const defined = (about: AboutMount) =>
  Object.fromEntries(Object.entries(about).filter(([, value]) => value !== undefined))

test('a text of exactly 1 KiB is a title, and a longer one is cut without a blank at its end', () => {
  const title = 'x'.repeat(1024)
  expect(aboutText(title)).toBe(title)
  expect(aboutText(` ${'x'.repeat(1023)} more`)).toBe('x'.repeat(1023))
  expect(aboutText(`${'x'.repeat(1022)}ü!`)).toBe(`${'x'.repeat(1022)}ü`)
  expect(aboutText(`${'x'.repeat(1023)}ü`)).toBe('x'.repeat(1023))
  const told = parseSourcelist(
    printSourcelist(reportOf('a', { role: 'master', mounts: [mountReport('/a', { about: { title } })] })),
  )
  expect(told.mounts.at(0)?.about?.title).toBe(title)
})

test.for(['Tue, 24 Nov 2026 10:00:00 +0000', '2026-13-24T10:00:00Z', '2026-11-24T25:00:00Z'])(
  '%s is not a date of ISO 8601',
  (since) => {
    expect(() => aboutIn(`${header('master', 1)}${line} since: ${since}\n`)).toThrow(
      'expected an ISO 8601 date',
    )
  },
)

test('lines that differ from those of the last report by a line end alone say something else', () => {
  let last: Report | undefined
  const known = new KnownLines(() => last)
  const read = (about: string) => {
    last = parseSourcelist(`id: a\n${header('master', 1)}${line}${about}`, known)
    return last.mounts.at(0)?.about
  }
  expect(read(' title: a\n artist: b\n')).toEqual({ title: 'a', artist: 'b' })
  expect(read(' title: aartist: b\n')).toEqual({ title: 'aartist: b' })
})
