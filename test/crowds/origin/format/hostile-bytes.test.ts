import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { framerForFeed } from '../../../../origin/format/formats.ts'
import { FormatError } from '../../../../origin/format/limits.ts'
import { Audience } from '../../../../origin/mount/stream/audience.ts'
import { cutInto } from '../../../kit/audio/framing.ts'
import { numberedFrame } from '../../../kit/audio/numbered-frames.ts'
import { oggComments, oggPage } from '../../../kit/audio/ogg.ts'
import { cluster, element, simpleBlock, webmHeader } from '../../../kit/audio/webm.ts'
import { workOf } from '../../../kit/base/work.ts'
import { liveMount } from '../../../kit/parts/live-mount.ts'

const filled = (bytes: number, pattern: Uint8Array) => Buffer.alloc(bytes, pattern)
const hex = (text: string) => Buffer.from(text, 'hex')
const mp3 = Buffer.concat(Array.from({ length: 8 }, (_, i) => numberedFrame(i)))

/** `OggS` and a head that claims the largest possible page, every six bytes: lacing values of one are heads of others. */
const falsePages = (bytes: number) => filled(bytes, Buffer.concat([Buffer.from('OggS\0'), Buffer.of(255)]))
/** the same, each with its complete lacing values: each claims 65 kB */
const falseHeads = (bytes: number) =>
  filled(bytes, Buffer.concat([Buffer.from('OggS\0\0'), Buffer.alloc(20), Buffer.alloc(256, 255)]))
const opusHead = Buffer.from('OpusHead\x01\x02\x38\x01\x80\xbb\x00\x00\x00\x00\x00', 'latin1')
const oggSound = (count: number) =>
  Array.from({ length: count }, (_, i) =>
    oggPage([Buffer.alloc(9)], { sequence: i + 2, granule: 960 * (i + 1) }),
  )
const oggStart = Buffer.concat([
  oggPage([opusHead], { isBos: true }),
  oggPage([oggComments('OpusTags', 'TITLE=T')], { sequence: 1 }),
])
/** a header that never ends: pages in which no packet ends */
const headerPages = (bytes: number) => {
  const page = oggPage([], { granule: -1, isContinued: true })
  return Buffer.concat([oggPage([opusHead], { isBos: true }), filled(bytes, page)])
}

const webm = webmHeader(['video', 'audio'])
const inCluster = (...parts: Uint8Array[]) => Buffer.concat([webm, cluster(0, [], true), ...parts])

/** Data that an attacker sends as a source, as long as needed. */
const attacks: readonly (readonly [string, string, (bytes: number) => Uint8Array])[] = [
  ['Ogg: false pages everywhere', 'ogg', (n) => Buffer.concat([oggStart, falsePages(n)])],
  ['Ogg: false heads that claim 65 kB', 'ogg', (n) => Buffer.concat([oggStart, falseHeads(n)])],
  ['Ogg: pages of a few bytes', 'ogg', (n) => Buffer.concat([oggStart, ...oggSound(n / 37)])],
  ['Ogg: a header of many pages', 'ogg', headerPages],
  ['Ogg: links without end', 'ogg', (n) => filled(n, Buffer.concat([oggStart, ...oggSound(1)]))],
  ['Ogg: O, and nothing else', 'ogg', (n) => Buffer.concat([oggStart, filled(n, Buffer.from('O'))])],
  ['MP3: sync after sync', 'mpeg', (n) => filled(n, hex('ff'))],
  ['MP3: headers that no frame follows', 'mpeg', (n) => filled(n, hex('fffb9000'))],
  [
    'MP3: headers of long frames, two in a row',
    'mpeg',
    (n) => filled(n, Buffer.concat([numberedFrame(1), numberedFrame(2), hex('fffb90fffb90')])),
  ],
  [
    'MP3: tags of zero length',
    'mpeg',
    (n) => Buffer.concat([mp3, filled(n, Buffer.from('ID3\x04\0\0\0\0\0\0', 'latin1'))]),
  ],
  [
    'MP3: a tag of 16 MB',
    'mpeg',
    (n) =>
      Buffer.concat([mp3, Buffer.from('ID3\x04\0\0\x07\x7f\x7f\x70', 'latin1'), filled(n, hex('fffb9000'))]),
  ],
  [
    'MP3: a tag of 1 MB',
    'mpeg',
    (n) => Buffer.concat([mp3, Buffer.from('ID3\x04\0\0\0\x3f\0\0', 'latin1'), filled(n, hex('49'))]),
  ],
  ['AAC: sync after sync', 'adts', (n) => filled(n, hex('fff1508001fffc'))],
  ['AAC: frames of seven bytes and one', 'adts', (n) => filled(n, hex('fff15080011ffc00'))],
  ['bytes: possible frames of two kinds', 'audio/unheard-of', (n) => filled(n, hex('fffb90fff15080011ffc'))],
  [
    'WebM: false starts',
    'webm',
    (n) => inCluster(simpleBlock({ bytes: 10 }), filled(n, hex('1a45dfa31f43b675'))),
  ],
  [
    'WebM: a block with false starts',
    'webm',
    (n) => inCluster(element(0xa3, filled(n, hex('1a45dfa31f43b6751a1f')))),
  ],
  [
    'WebM: an unknown element with false starts',
    'webm',
    (n) => inCluster(element(0x22b59d, filled(n, hex('1a45dfa31f43b6751a1f')))),
  ],
  ['WebM: unknown elements of 4 MB, nested', 'webm', (n) => inCluster(filled(n, hex('22b59d103ffff0')))],
  ['WebM: unknown elements of no length', 'webm', (n) => inCluster(filled(n, hex('22b59d80')))],
  ['WebM: filler of no length', 'webm', (n) => inCluster(filled(n, hex('ec80')))],
  ['WebM: Clusters of nothing', 'webm', (n) => inCluster(filled(n, hex('1f43b67580')))],
  ['WebM: a header of small parts', 'webm', (n) => Buffer.concat([webm, filled(n, hex('ec80'))])],
  [
    'WebM: header after header',
    'webm',
    (n) => filled(n, Buffer.concat([webm, cluster(0, [simpleBlock({ bytes: 1 })])])),
  ],
  [
    'WebM: groups that do not end',
    'webm',
    (n) => inCluster(hex('a001ffffffffffffff'), filled(n, hex('75a280'))),
  ],
]

/** bytes of an attack, of half of it, and of one packet */
const whole = 200_000
const push = 64

/** Work of a feed that arrives in tiny pieces, with complete parts taken after each, as a mount does. */
function framing(format: string, bytes: Uint8Array) {
  const pieces = cutInto(bytes, push)
  return workOf('/origin/format/', () => {
    const framer = framerForFeed(format)
    try {
      for (const piece of pieces) {
        framer.push(piece)
        if (framer.length >= 32_768) framer.take()
      }
    } catch (error) {
      if (!(error instanceof FormatError)) throw error
    }
  })
}

describe('a source whose bytes are chosen to cause work', () => {
  test.for(attacks)('%s: costs a bounded number of steps and moves per byte', async ([, format, bytes]) => {
    const half = await framing(format, bytes(whole / 2))
    const full = await framing(format, bytes(whole))
    for (const [kind, perByte] of [
      ['steps', 80],
      ['bytes', 20],
    ] as const) {
      expect(half[kind]).toBeGreaterThan(0)
      expect(full[kind], `${kind} of ${whole} bytes`).toBeLessThan(perByte * whole)
      // twice as many bytes cost twice as much, not four times
      expect(full[kind], `${kind}, where half of it costs ${half[kind]}`).toBeLessThan(3 * half[kind])
    }
  })
})

test('a large tag in small pieces does not cause a loop over all listeners for each piece', () => {
  const looks = vi.spyOn(Audience.prototype, 'flush')
  onTestFinished(() => looks.mockRestore())
  const { mount } = liveMount('audio/mpeg')
  mount.push(mp3)
  mount.flush()
  looks.mockClear()
  const tag = Buffer.concat([Buffer.from('ID3\x04\0\0\0\x3f\0\0', 'latin1'), Buffer.alloc(900_000, 0x49)])
  for (const piece of cutInto(tag, push)) mount.push(piece)
  expect(looks.mock.calls.length).toBe(0)
})
