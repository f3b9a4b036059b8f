import { describe, expect, test } from 'vitest'
import { hlsLimits } from '../../../shared/hls/limits.ts'
import { PrintedPlaylist } from '../../../shared/hls/media-playlist.ts'
import { MirroredObjects } from '../../../shared/hls/mirrored-objects.ts'
import type { FetchedObject } from '../../../shared/hls/object-cache.ts'
import { readMediaPlaylist } from '../../kit/hls/hls-readers.ts'
import { mountOf } from '../../kit/parts/reports.ts'

const live = mountOf('/live.mp3')
const bytesOf = (text: string) => new TextEncoder().encode(text)
const playlistFrom = (sequence: number) =>
  new PrintedPlaylist({
    targetSeconds: 4,
    behindSeconds: undefined,
    sequence,
    discontinuitySequence: 3,
    segments: [0, 1, 2].map((i) => ({
      uri: `${sequence + i}.mp3`,
      seconds: 4.01,
      startMs: i * 4000,
      discontinuity: i === 1,
      init: undefined,
    })),
    titles: [{ id: '1-0', startMs: 0, title: 'A "title"', artist: undefined }],
    ended: false,
  }).textFor('')

/** A slave's objects, and its master, whose answers a test sets. */
function mirror() {
  const clock = { ms: 0 }
  const asked: string[] = []
  const master = new Map<string, string | Error>()
  const objects = new MirroredObjects({
    nowMs: () => clock.ms,
    fetch: async (_, path, bytesMax): Promise<FetchedObject> => {
      asked.push(path)
      const answer = master.get(path)
      if (answer instanceof Error) throw answer
      const bytes = bytesOf(answer ?? '')
      if (bytes.length > bytesMax) throw new Error(`more than ${bytesMax} bytes`)
      return { status: answer === undefined ? 404 : 200, type: 'whatever/it-says', bytes }
    },
  })
  return { clock, asked, master, objects }
}
const media = '/hls/live.mp3/media.m3u8'

describe('a slave', () => {
  test.for([
    ['is not UTF-8', (bytes: Uint8Array) => bytes.map((byte) => (byte === 't'.charCodeAt(0) ? 0xff : byte))],
    [
      'begins with a mark of the byte order',
      (bytes: Uint8Array) => Uint8Array.of(0xef, 0xbb, 0xbf, ...bytes),
    ],
  ] as const)('passes no playlist on that %s', async ([, changed]) => {
    const playlistOf = async (bytes: Uint8Array<ArrayBuffer>) => {
      const fetch = () => Promise.resolve({ status: 200, type: '', bytes })
      return await new MirroredObjects({ nowMs: () => 0, fetch }).playlist(live)
    }
    const bytes = bytesOf(playlistFrom(20))
    expect(await playlistOf(bytes)).toBeDefined()
    await expect(playlistOf(changed(bytes))).rejects.toThrow('is not a playlist of our masters')
  })

  test("passes on its master's playlist, with each session's query at each segment", async () => {
    const { master, objects } = mirror()
    master.set(media, playlistFrom(10))
    const playlist = await objects.playlist(live)
    expect(playlist?.targetSeconds).toBe(4)
    expect(playlist?.textFor('')).toBe(playlistFrom(10))
    const { segments } = readMediaPlaylist(playlist?.textFor('?s=1') ?? '')
    expect(segments.map(({ uri }) => uri)).toEqual(['10.mp3?s=1', '11.mp3?s=1', '12.mp3?s=1'])
  })

  test('answers what it holds without a promise, for as long as that is fresh', async () => {
    const { clock, asked, master, objects } = mirror()
    master.set(media, playlistFrom(10))
    master.set('/hls/live.mp3/11.mp3', 'audio')
    const isHere = () =>
      [objects.playlistHere(live), objects.segmentHere(live, 11, 'mp3')].map((each) => each !== undefined)
    expect(isHere()).toEqual([false, false])
    const [playlist, segment] = [await objects.playlist(live), await objects.segment(live, 11, 'mp3')]
    // the same objects, of which answers are made once
    expect(objects.playlistHere(live)).toBe(playlist)
    expect(objects.segmentHere(live, 11, 'mp3')).toBe(segment)
    expect(objects.segmentHere(live, 11, 'aac')).toBeUndefined()
    clock.ms = 2000 // half a target duration
    expect(isHere()).toEqual([false, true])
    expect(asked).toHaveLength(2)
    expect(await objects.segment(live, 12, 'mp3')).toBeUndefined()
    expect(objects.segmentHere(live, 12, 'mp3')).toBeUndefined()
  })

  test.each([
    ['garbage', 'not a playlist'],
    [
      'a carriage return, after which a player may read a segment',
      `${playlistFrom(10).slice(0, -1)}\n#EXTINF:4,\rhttp://evil.example/1.mp3\n`,
    ],
    ['a line separator of Unicode', `${playlistFrom(10)}#EXTINF:4,\u2028http://evil.example/1.mp3\n`],
    ['an HTML page', '<html><body>hotel wifi</body></html>'],
    [
      'a playlist without an end',
      '#EXTM3U\n#EXT-X-TARGETDURATION:4\n'.padEnd(hlsLimits.playlistBytesMax + 1, '#EXTINF:4,\n'),
    ],
    [
      'a playlist of another place',
      '#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\nhttp://elsewhere.example/1.mp3\n',
    ],
    ['a playlist that names a parent', '#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\n../1.mp3\n'],
    ['a playlist without a target duration', '#EXTM3U\n#EXTINF:4,\n1.mp3\n'],
    ['a key', '#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXT-X-KEY:METHOD=AES-128,URI="http://x/"\n1.mp3\n'],
  ])(
    'keeps its own copy for a target duration where the master sends %s, and then has none',
    async (_, text) => {
      const { clock, master, objects } = mirror()
      master.set(media, playlistFrom(10))
      await objects.playlist(live)
      master.set(media, text)
      clock.ms = 3999
      expect((await objects.playlist(live))?.textFor('')).toBe(playlistFrom(10))
      clock.ms = 6000
      await expect(objects.playlist(live)).rejects.toThrow()
    },
  )

  test('asks for a playlist again after half of its target duration, and for a segment never again', async () => {
    const { clock, asked, master, objects } = mirror()
    master.set(media, playlistFrom(10))
    master.set('/hls/live.mp3/10.mp3', 'audio')
    for (clock.ms = 0; clock.ms < 4000; clock.ms += 500) {
      await objects.playlist(live)
      const segment = await objects.segment(live, 10, 'mp3')
      expect(segment).toMatchObject({ type: 'audio/mpeg', bytes: 5 })
    }
    expect(asked.filter((path) => path === media).length).toBe(2)
    expect(asked.length).toBe(3)
  })

  test('gives a segment and an initialization with the bytes of its master, and its own type', async () => {
    const { master, objects } = mirror()
    master.set('/hls/live.mp3/10.aac', 'audio')
    master.set('/hls/live.mp3/init-3.mp4', 'about')
    const segment = await objects.segment(live, 10, 'aac')
    expect(segment).toEqual({ type: 'audio/aac', pieces: [bytesOf('audio')], bytes: 5, isPrivate: false })
    const init = await objects.init(live, 3)
    expect(init).toEqual({ type: 'audio/mp4', pieces: [bytesOf('about')], bytes: 5, isPrivate: false })
  })

  test('knows which objects its master gives to some listeners alone', async () => {
    const isPrivateOf = async (isPrivate: boolean) => {
      const objects = new MirroredObjects({
        nowMs: () => 0,
        fetch: async () => ({ status: 200, type: '', bytes: bytesOf(playlistFrom(10)), isPrivate }),
      })
      const [playlist, segment] = [await objects.playlist(live), await objects.segment(live, 10, 'mp3')]
      return [playlist?.isPrivate === true, segment?.isPrivate === true, playlist?.textFor('')]
    }
    expect(await isPrivateOf(true)).toEqual([true, true, playlistFrom(10)])
    expect(await isPrivateOf(false)).toEqual([false, false, playlistFrom(10)])
  })

  test('has no object of an answer 404, whatever its body is', async () => {
    const objects = new MirroredObjects({
      nowMs: () => 0,
      fetch: async () => ({ status: 404, type: '', bytes: bytesOf(playlistFrom(10)) }),
    })
    const isHere = () => [objects.playlistHere(live), objects.segmentHere(live, 10, 'mp3')]
    expect([await objects.playlist(live), await objects.segment(live, 10, 'mp3')]).toEqual(isHere())
    expect(isHere()).toEqual([undefined, undefined])
  })

  test('asks once for a segment that a thousand players want at the same time', async () => {
    const { asked, master, objects } = mirror()
    master.set('/hls/live.mp3/10.mp3', 'audio')
    await Promise.all(Array.from({ length: 1000 }, () => objects.segment(live, 10, 'mp3')))
    expect(asked).toEqual(['/hls/live.mp3/10.mp3'])
  })

  test('asks no master for a number that it cannot have, and again for one that a restarted master may have', async () => {
    const { clock, asked, master, objects } = mirror()
    master.set(media, playlistFrom(1000))
    const segment = (number: number) => objects.segment(live, number, 'mp3')
    // the first of them tells what its playlist lists, and the others need not be asked for
    for (let i = 0; i < 100; i++) {
      expect(await segment(5_000_000 + i)).toBeUndefined()
      expect(await objects.init(live, 10 + i)).toBeUndefined()
    }
    expect(asked.filter((path) => path !== media).length).toBeLessThanOrEqual(2)
    for (const number of [990, 1000, 1002, 1010]) {
      master.set(`/hls/live.mp3/${number}.mp3`, 'audio')
      expect(await segment(number), String(number)).toBeDefined()
    }
    master.set(media, playlistFrom(9000))
    master.set('/hls/live.mp3/9001.mp3', 'audio')
    clock.ms += 2000
    expect(await segment(9001)).toBeDefined()
    // and what is held stays
    expect(await segment(1000)).toBeDefined()
  })

  test('lets players come back to a mount that its master has lost a moment ago: it restarts, or its source does', async () => {
    const { clock, master, objects } = mirror()
    expect(await objects.playlist(live)).toBeUndefined()
    clock.ms = 10_000
    master.set(media, playlistFrom(10))
    await objects.playlist(live)
    master.delete(media)
    clock.ms += 20_000
    await expect(objects.playlist(live)).rejects.toThrow('a moment ago')
    master.set(media, playlistFrom(5000))
    clock.ms += 2000
    expect((await objects.playlist(live))?.textFor('')).toBe(playlistFrom(5000))
    master.delete(media)
    clock.ms += hlsLimits.returnMs
    expect(await objects.playlist(live)).toBeUndefined()
  })
})
