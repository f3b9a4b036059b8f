import { describe, expect, test } from 'vitest'
import { formatOf, framerForFeed, trueType } from '../../../origin/format/formats.ts'
import { FormatError, formatLimits } from '../../../origin/format/limits.ts'
import { cutInto, framed } from '../../kit/audio/framing.ts'
import { numberedFrame } from '../../kit/audio/numbered-frames.ts'
import { told } from '../../kit/base/log-records.ts'
import { liveMount } from '../../kit/parts/live-mount.ts'
import { fixture } from '../../kit/process/fixtures.ts'

const mp3 = (count: number, from = 0) =>
  Buffer.concat(Array.from({ length: count }, (_, i) => numberedFrame(from + i)))
/** AAC-LC of 44.1 kHz in stereo, whose payload contains no header */
const aac = (count: number) =>
  Buffer.concat(
    Array.from({ length: count }, () =>
      Buffer.concat([Buffer.from('fff150801a7ffc', 'hex'), Buffer.alloc(204, 0x21)]),
    ),
  )
const ogg = fixture('opus.ogg')
const webm = fixture('opus.webm')

describe('a feed whose bytes are of another format than its content type', () => {
  test.for([
    ['audio/mpeg', aac(50), 'adts'],
    ['audio/mpeg', Buffer.concat([Buffer.from('half a frame'), aac(50)]), 'adts'],
    ['audio/aac', mp3(50), 'mpeg'],
    ['audio/aach', aac(50), 'adts'],
    ['audio/opus', ogg, 'ogg'],
    ['audio/mpeg', ogg, 'ogg'],
    ['application/ogg', mp3(50), 'mpeg'],
    ['application/ogg', aac(50), 'adts'],
    ['audio/mpeg', webm, 'webm'],
    ['audio/ogg', webm, 'webm'],
    ['video/webm', mp3(50), 'mpeg'],
  ] as const)('%s: is framed by its real format, and nothing is lost', ([says, bytes, is]) => {
    for (const pieces of [[bytes], cutInto(bytes, 1), cutInto(bytes, 1400)]) {
      const framer = framerForFeed(formatOf(says))
      const out = framed(framer, ...pieces)
      expect(framer.format).toBe(is)
      expect(out.bytes.equals(bytes)).toBe(true)
      expect(out.starts.length).toBeGreaterThan(3)
    }
  })

  test.for([
    ['audio/mpeg', mp3(50), 'mpeg'],
    ['audio/aacp', aac(50), 'adts'],
    ['audio/ogg', ogg, 'ogg'],
    ['audio/webm', webm, 'webm'],
    ['video/mp2t', aac(50), 'video/mp2t'],
    ['audio/x-unheard-of', Buffer.alloc(5000, 0x33), 'audio/x-unheard-of'],
    ['audio/mpeg', Buffer.from('abc'), 'mpeg'],
  ] as const)('%s that is correct keeps its format', ([says, bytes, is]) => {
    const framer = framerForFeed(formatOf(says))
    const out = framed(framer, ...cutInto(bytes, 700))
    expect(framer.format).toBe(is)
    expect(out.bytes.equals(bytes)).toBe(true)
  })

  test('is examined for a limited time, and bytes announced as pages that are not any end the feed', () => {
    const framer = framerForFeed('mpeg')
    const noise = Buffer.alloc(formatLimits.sniffBytesMax + 1, 0x33)
    framed(framer, ...cutInto(noise, 50_000), aac(50))
    expect(framer.format).toBe('mpeg')
    expect(framer.hasFrames).toBe(false)
    expect(() => framerForFeed('ogg').push(noise)).toThrow(FormatError)
  })

  test('of free-format MP3, whose frames do not state their length, passes unchanged', () => {
    const free = Buffer.concat(
      Array.from({ length: 300 }, () =>
        Buffer.concat([Buffer.from('fffb0000', 'hex'), Buffer.alloc(400, 0x21)]),
      ),
    )
    const framer = framerForFeed('mpeg')
    const out = framed(framer, ...cutInto(free, 1400))
    expect(out.bytes.equals(free)).toBe(true)
    expect(out.starts).toEqual([])
    expect(framer.hasFrames).toBe(false)
  })
})

test.for([
  ['audio/mpeg', 'adts', 'audio/aac'],
  ['audio/ogg; codecs=opus', 'mpeg', 'audio/mpeg'],
  ['audio/mpeg', 'ogg', 'application/ogg'],
  ['audio/mpeg', 'mpeg', 'audio/mpeg'],
  ['audio/aacp', 'adts', 'audio/aacp'],
  ['audio/opus', 'ogg', 'audio/opus'],
  ['audio/aach', 'adts', 'audio/aach'],
] as const)('listeners of %s that is %s get the type %s', ([says, is, expected]) => {
  expect(trueType(says, is)).toBe(expected)
})

describe('a mount whose feed sends something else than it announces', () => {
  test('announces the real type, and logs it once, also when its source reconnects', async () => {
    const lines = await told(() => {
      const { mount, info } = liveMount('audio/mpeg')
      for (let round = 0; round < 2; round++) {
        mount.push(aac(50))
        mount.flush()
        expect(mount.contentType).toBe('audio/aac')
        expect(mount.takesIcy).toBe(true)
        mount.resume(info)
      }
    })
    const message = 'feed sends another format than announced'
    expect(lines).toEqual([{ message, mount: '/live', says: 'audio/mpeg', sends: 'adts' }])
  })

  test('keeps its listeners over a new connection of its feed, whichever of the two types that announces', () => {
    const { mount, info, listen } = liveMount('audio/mpeg')
    mount.push(aac(50))
    listen(true)
    mount.resume({ ...info, contentType: 'audio/aac' })
    mount.resume(info)
    expect(mount.listeners).toBe(1)
    mount.resume({ ...info, contentType: 'audio/ogg' })
    expect(mount.listeners).toBe(0)
  })

  test('sends no ICY metadata within pages; a listener promised it before the first byte has to reconnect', async () => {
    const { mount, time, listen } = liveMount('audio/mpeg')
    const [plain, icy] = [listen(false), listen(true)]
    mount.push(ogg)
    mount.flush()
    await time.pass(1000)
    expect(mount.takesIcy).toBe(false)
    expect(mount.listeners).toBe(1)
    expect(plain.bytes.equals(ogg)).toBe(true)
    expect(icy.bytes.length).toBe(0)
  })

  test('lets listeners that waited for a page hear frames from the first on', async () => {
    const { mount, time, listen } = liveMount('audio/ogg')
    const waiting = listen(false)
    mount.push(mp3(50))
    mount.flush()
    await time.pass(1000)
    expect(waiting.bytes.equals(mp3(50))).toBe(true)
    expect(mount.takesIcy).toBe(true)
  })
})
