import { describe, expect, test } from 'vitest'
import { framerFor } from '../../../../origin/format/formats.ts'
import { flacFacts } from '../../../../origin/format/ogg/audio-facts.ts'
import { parseComments } from '../../../../origin/format/ogg/comments.ts'
import { granuleOf, type Page, packetsOf } from '../../../../origin/format/ogg/page.ts'
import { PageReader } from '../../../../origin/format/ogg/page-reader.ts'
import { oggComments, oggPage } from '../../../kit/audio/ogg.ts'
import { fixture, pagesOf } from '../../../kit/process/fixtures.ts'

const vorbis = fixture('vorbis.ogg')
const pages = pagesOf(vorbis).map((at, i, all) => vorbis.subarray(at, all[i + 1]))
const comments = [
  ['ARTIST', 'Ä'],
  ['TITLE', 'New'],
] as const

/** Output for these pieces, with new comments requested before the pieces of these numbers. */
function retitled(pieces: readonly Uint8Array[], ...before: number[]) {
  const framer = framerFor('audio/ogg')
  const titles: (string | undefined)[] = []
  const out: Uint8Array[] = []
  for (const [i, piece] of pieces.entries()) {
    if (before.includes(i)) expect(framer.retitle?.(comments)).toBe(true)
    framer.push(piece)
    const cut = framer.take()
    titles.push(...(cut.headers ?? []).map(({ title }) => title))
    out.push(cut.bytes)
  }
  return { links: linksOf(Buffer.concat(out)), titles }
}

/** Pages by link; data that is not a page with a valid checksum would be missing. */
function linksOf(stream: Uint8Array): Page[][] {
  const links: Page[][] = []
  new PageReader((page) => {
    if (page.isBos) links.push([])
    links.at(-1)?.push(page)
  }).push(stream)
  return links
}
const hexOf = (packets: readonly Uint8Array[]) => packets.map((packet) => Buffer.from(packet).toString('hex'))
const dataOf = (link: readonly Page[]) => hexOf(packetsOf(link).slice(3))

describe('a Vorbis stream that gets a new title', () => {
  const [source = []] = linksOf(vorbis)

  test('continues as another link with the title in its comments', () => {
    const { links, titles } = retitled(pages, 6)
    expect(titles).toEqual(['Ä - Ünder', 'Ä - New'])
    const [first = [], second = []] = links.map((link) => packetsOf(link))
    expect(links).toHaveLength(2)
    expect(hexOf(second.slice(0, 1))).toEqual(hexOf(first.slice(0, 1)))
    expect(hexOf(second.slice(2, 3))).toEqual(hexOf(first.slice(2, 3)))
    expect([...parseComments((second[1] ?? vorbis).subarray(7))]).toEqual(comments)
  })

  test('has every packet of data, and the one before the seam twice: decoders need two for the first sound', () => {
    const { links } = retitled(pages, 6)
    const [first = [], second = []] = links.map(dataOf)
    expect(second[0]).toBe(first.at(-1))
    expect([...first, ...second.slice(1)]).toEqual(dataOf(source))
  })

  test('counts pages and time from zero in each link, without a gap', () => {
    const { links } = retitled(pages, 4, 6, 9)
    expect(links).toHaveLength(4)
    for (const [i, link] of links.entries()) {
      expect(link.map(({ sequence }) => sequence)).toEqual(link.map((_, sequence) => sequence))
      expect(new Set(link.map(({ serial }) => serial))).toEqual(new Set([i]))
      expect(link.map(({ isBos }) => isBos)).toEqual(link.map((_, page) => page === 0))
      expect(link.map(({ isEos }) => isEos)).toEqual(link.map((_, page) => page === link.length - 1))
    }
    const lengths = links.map((link) => link.map(granuleOf).filter((granule) => granule > 0n))
    expect(lengths.map((times) => times.at(-1)).reduce((sum = 0n, length = 0n) => sum + length)).toBe(96_000n)
    for (const times of lengths) expect(times).toEqual([...times].sort((a, b) => Number(a - b)))
  })

  test('does so before its first page of data too, right after that page', () => {
    const { links, titles } = retitled(pages, 1)
    expect(titles).toEqual(['Ä - Ünder', 'Ä - New'])
    expect(links.map((link) => dataOf(link).length)).toEqual([11, dataOf(source).length - 10])
  })

  test('waits for a page that begins with a packet', () => {
    const [head = vorbis, setup = vorbis, first = vorbis] = pages
    const long = new Uint8Array(70_000).fill(2)
    const cut = 255 * 255
    const part = oggPage([long.subarray(0, cut)], {
      serial: 0,
      sequence: 3,
      granule: -1,
      lacing: Array(255).fill(255),
    })
    const rest = oggPage([long.subarray(cut)], { serial: 0, sequence: 4, granule: 20_000, isContinued: true })
    const next = oggPage([long.subarray(0, 300)], { serial: 0, sequence: 5, granule: 21_000 })
    const { links } = retitled([head, setup, first, part, rest, next], 4)
    expect(links.map((link) => dataOf(link).length)).toEqual([11 + 1, 1])
  })

  test('is left unchanged again once its encoder begins another link', () => {
    const { links, titles } = retitled([...pages, ...pages], 6)
    expect(titles).toEqual(['Ä - Ünder', 'Ä - New', 'Ä - Ünder'])
    expect(Buffer.concat((links[2] ?? []).map(({ bytes }) => bytes)).equals(vorbis)).toBe(true)
  })

  test('carries text of any length', () => {
    const framer = framerFor('audio/ogg')
    framer.push(Buffer.concat(pages.slice(0, 4)))
    expect(framer.retitle?.([['TITLE', 'x'.repeat(200_000)]])).toBe(true)
    framer.push(Buffer.concat(pages.slice(4)))
    const [, link = []] = linksOf(framer.take().bytes)
    const [, comment = vorbis] = packetsOf(link)
    expect(parseComments(comment.subarray(7)).get('TITLE')).toHaveLength(200_000)
    expect(link.map(({ sequence }) => sequence)).toEqual(link.map((_, sequence) => sequence))
  })
})

/** The same for another codec: the pages of its fixture, with new comments before the page of this number. */
function retitledFixture(name: string, before: number) {
  const bytes = fixture(name)
  const framer = framerFor('audio/ogg')
  const starts = pagesOf(bytes)
  const out: Uint8Array[] = []
  for (const [i, at] of starts.entries()) {
    if (i === before) expect(framer.retitle?.(comments)).toBe(true)
    framer.push(bytes.subarray(at, starts[i + 1] ?? bytes.length))
    out.push(framer.take().bytes)
  }
  const [source = []] = linksOf(bytes)
  return { source: packetsOf(source), links: linksOf(Buffer.concat(out)) }
}

describe('an Opus stream that gets a new title', () => {
  const { source, links } = retitledFixture('opus.ogg', 6)
  const [first = [], second = []] = links.map((link) => hexOf(packetsOf(link)))
  const preSkip = new DataView((packetsOf(links[1] ?? [])[0] ?? vorbis).slice(10, 12).buffer).getUint16(
    0,
    true,
  )

  test('continues as another link with the title in its comments', () => {
    expect(links).toHaveLength(2)
    const [, tags = vorbis] = packetsOf(links[1] ?? [])
    expect(Buffer.from(tags.subarray(0, 8)).toString()).toBe('OpusTags')
    expect([...parseComments(tags.subarray(8))]).toEqual(comments)
  })

  test('repeats 80 ms of the old link, which its header tells decoders to skip: they converge meanwhile (RFC 7845 §4.2)', () => {
    expect(preSkip).toBe(3840)
    const again = second.slice(2, 6) // of 20 ms each
    expect(again).toEqual(first.slice(-4))
    expect([...first.slice(2), ...second.slice(6)]).toEqual(hexOf(source.slice(2)))
  })

  test('counts time from zero, with the skipped part counted as its format requires', () => {
    const granules = (links[1] ?? []).map(granuleOf)
    expect(granules.slice(0, 3)).toEqual([0n, 0n, 3840n])
    const end = links[0]?.map(granuleOf).at(-1) ?? 0n
    const [last = 0n] = linksOf(fixture('opus.ogg')).map((link) => link.map(granuleOf).at(-1) ?? 0n)
    expect(granules.at(-1)).toBe(last - end + 3840n)
  })
})

describe('a FLAC stream that gets a new title', () => {
  const { source, links } = retitledFixture('flac.ogg', 5)
  const [first = [], second = []] = links.map((link) => packetsOf(link))

  test('continues as another link with the title in its comments, and every frame comes once', () => {
    expect(links).toHaveLength(2)
    const [, block = vorbis] = second
    expect(block[0]).toBe(0x84) // comments, and the last block
    expect((block[1] ?? 0) * 65_536 + (block[2] ?? 0) * 256 + (block[3] ?? 0)).toBe(block.length - 4)
    expect([...parseComments(block.subarray(4))]).toEqual(comments)
    expect(hexOf([...first.slice(2), ...second.slice(2)])).toEqual(hexOf(source.slice(2)))
  })

  test('keeps rate and channels, without length and checksum of the whole', () => {
    const [info = vorbis] = second
    expect(flacFacts(info)).toEqual(flacFacts(source[0] ?? vorbis))
    expect(info.subarray(7, 9)).toEqual(Uint8Array.of(0, 1)) // header packets that follow
    expect((info[30] ?? 0) & 0x0f).toBe(0)
    expect(info.subarray(31, 51)).toEqual(new Uint8Array(20))
    expect(info.subarray(0, 7)).toEqual(source[0]?.subarray(0, 7))
  })

  test('keeps its picture', () => {
    const pages = pagesOf(fixture('flac.ogg')).map((at, i, all) =>
      fixture('flac.ogg').subarray(at, all[i + 1]),
    )
    const [bos = vorbis, , ...data] = pages
    const info = Buffer.from(bos.subarray(28))
    info.writeUInt16BE(3, 7)
    const padding = Buffer.concat([Buffer.of(1, 0, 0, 8), Buffer.alloc(8)])
    const picture = Buffer.concat([Buffer.of(0x86, 0, 1, 0), Buffer.alloc(256, 7)])
    const serial = 0
    const framer = framerFor('audio/ogg')
    framer.push(oggPage([info], { isBos: true, serial }))
    framer.push(oggPage([oggComments('\x04\0\0\0', 'TITLE=x'), padding, picture], { sequence: 1, serial }))
    framer.push(data[0] ?? vorbis)
    expect(framer.retitle?.(comments)).toBe(true)
    framer.push(data[1] ?? vorbis)
    const [, link = []] = linksOf(framer.take().bytes)
    const [head = vorbis, , last = vorbis] = packetsOf(link)
    expect(head.subarray(7, 9)).toEqual(Uint8Array.of(0, 2))
    expect(Buffer.from(last).equals(picture)).toBe(true)
  })
})

test.for(['theora.ogv', 'opus.webm'])('%s takes no new title from us', (name) => {
  const framer = framerFor(name.endsWith('webm') ? 'video/webm' : 'audio/ogg')
  framer.push(fixture(name))
  expect(framer.retitle?.(comments) ?? false).toBe(false)
})
