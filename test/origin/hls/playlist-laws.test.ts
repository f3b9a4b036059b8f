import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Chunk } from '../../../origin/format/chunk.ts'
import type { PackagedSource } from '../../../origin/hls/packaged-source.ts'
import { Packagers } from '../../../origin/hls/packagers.ts'
import type { AudioUnit, Segment } from '../../../origin/hls/segment.ts'
import { SegmentWindow } from '../../../origin/hls/segment-window.ts'
import { Segmenter } from '../../../origin/hls/segmenter.ts'
import type { MountTap } from '../../../origin/mount/tap.ts'
import { hlsLimits } from '../../../shared/hls/limits.ts'
import { ManualTime } from '../../kit/base/manual-time.ts'
import { repetitions } from '../../kit/base/repetitions.ts'
import { type SeenPlaylist, WatchedPlaylist } from '../../kit/hls/playlist-laws.ts'
import { mountOf } from '../../kit/parts/reports.ts'

const live = mountOf('/live.mp3')
const epochMs = Date.UTC(2026, 10, 25)

/** Frames of silence: header, bytes and samples, at a rate in Hz. */
const sounds = [
  { format: 'mpeg', head: [0xff, 0xfb, 0x90, 0x00], bytes: 417, samples: 1152, rate: 44_100 },
  { format: 'mpeg', head: [0xff, 0xfb, 0x94, 0xc0], bytes: 384, samples: 1152, rate: 48_000 },
  { format: 'mpeg', head: [0xff, 0xf3, 0x40, 0xc0], bytes: 104, samples: 576, rate: 22_050 },
  { format: 'mpeg', head: [0xff, 0xfd, 0x84, 0x00], bytes: 384, samples: 1152, rate: 48_000 },
  {
    format: 'adts',
    head: [0xff, 0xf1, 0x50, 0x80, 0x02, 0x1f, 0xfc],
    bytes: 16,
    samples: 1024,
    rate: 44_100,
  },
  {
    format: 'adts',
    head: [0xff, 0xf1, 0x5c, 0x80, 0x02, 0x1f, 0xfc],
    bytes: 16,
    samples: 1024,
    rate: 22_050,
  },
] as const
type Sound = (typeof sounds)[number]

/** A source that a test feeds. */
class FedSource implements PackagedSource {
  readonly name = live
  readonly header = new Uint8Array()
  readonly facts = undefined
  readonly title = ''
  readonly kbps = 128
  readonly startedAtMs: number
  readonly format: string
  #tap: MountTap | undefined

  /** @param startedAtMs left out: it runs since long */
  constructor(format: string, startedAtMs = Number.NEGATIVE_INFINITY) {
    this.format = format
    this.startedAtMs = startedAtMs
  }

  follow(tap: MountTap) {
    this.#tap = tap
    return {
      chunks: [],
      leave: () => {
        this.#tap = undefined
      },
    }
  }

  push(chunk: Chunk): void {
    this.#tap?.chunk(chunk)
  }
  break(): void {
    this.#tap?.broken()
  }
  tell(title: string): void {
    this.#tap?.title(title)
  }
}

function chunkOf({ head, bytes }: Sound, count: number): Chunk {
  const all = new Uint8Array(bytes * count)
  const frames = Array.from({ length: count }, (_, i) => i * bytes)
  for (const at of frames) all.set(head, at)
  return { bytes: all, frames }
}

type Step =
  | { kind: 'play'; sound: number; frames: number }
  | { kind: 'silence'; ms: number }
  | { kind: 'break' | 'reconnect' | 'title' | 'idle' }
  | { kind: 'clock'; ms: number }
  | { kind: 'restart'; ms: number }

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('play' as const),
      sound: fc.nat(sounds.length - 1),
      frames: fc.integer({ min: 1, max: 900 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('silence' as const), ms: fc.nat(30_000) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constantFrom('break' as const, 'reconnect' as const, 'title' as const, 'idle' as const),
    }),
  },
  // an operator or NTP sets the wall clock
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('clock' as const),
      ms: fc.integer({ min: -86_400_000, max: 86_400_000 }),
    }),
  },
  // the program begins again after so long, with no memory but the clock
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('restart' as const), ms: fc.integer({ min: 0, max: 600_000 }) }),
  },
)

/** A master with one mount; each playlist that it has is watched. */
class Master {
  readonly time = new ManualTime()
  readonly watched = new WatchedPlaylist()
  /** frames pushed, and samples by rate */
  pushed = { seconds: 0, bytes: 0 }
  /** every segment that was listed, by its number, and when it had left, ms */
  readonly seen = new Map<number, { bytes: number; seconds: number; leftAtMs: number | undefined }>()
  wallMs = epochMs
  /** of a clock that does not step */
  ranMs = 0
  /** wall clock at which numbers began, and discontinuities since then */
  breaks = 0
  highestWallMs = epochMs
  #packagers: Packagers
  #source = new FedSource('mpeg')
  #longest = 0
  #newest = -1
  #sound: Sound | undefined

  constructor() {
    this.#packagers = this.#begin()
  }

  #begin(): Packagers {
    const packagers = new Packagers({
      running: () => [this.#source],
      packaging: () => 'always',
      times: () => ({ segmentSeconds: 2, windowSeconds: 12 }),
      timers: this.time,
      nowMs: () => this.ranMs,
      wallMs: () => this.wallMs,
    })
    packagers.look()
    return packagers
  }

  do(one: Step): void {
    if (one.kind === 'play') this.#play(sounds[one.sound] ?? sounds[0], one.frames)
    else if (one.kind === 'silence') this.#pass(one.ms)
    else if (one.kind === 'title') this.#source.tell(`${this.#newest}`)
    else if (one.kind === 'clock') this.wallMs += one.ms
    else if (one.kind === 'break') this.#broken(() => this.#source.break())
    else if (one.kind === 'reconnect') this.#broken(() => this.#reconnect(this.#source.format))
    else this.#again(one)
    this.#look()
  }

  #play(sound: Sound, frames: number): void {
    if (sound.format !== this.#source.format) this.#reconnect(sound.format)
    if (sound !== this.#sound) this.breaks++
    this.#sound = sound
    for (let left = frames; left > 0; left -= 30) {
      const count = Math.min(left, 30)
      const seconds = (count * sound.samples) / sound.rate
      this.#source.push(chunkOf(sound, count))
      this.pushed = { seconds: this.pushed.seconds + seconds, bytes: this.pushed.bytes + count * sound.bytes }
      this.#look()
      this.#pass(seconds * 1000)
      this.#look()
    }
  }

  #pass(ms: number): void {
    this.wallMs += ms
    this.ranMs += ms
  }

  #reconnect(format: string): void {
    this.#source = new FedSource(format)
    this.#packagers.look()
  }

  #broken(change: () => void): void {
    this.breaks++
    this.#sound = undefined
    change()
  }

  /** The packager begins again: after nobody has asked, or with the program. */
  #again(one: Step): void {
    this.flush()
    this.#look()
    this.#forget()
    if (one.kind === 'restart') {
      // docs/hls.md#packaging: the clock may not have lost what the program ran, nor may there be more discontinuities than it counts
      this.wallMs = Math.max(this.wallMs, this.highestWallMs) + one.ms + this.breaks * 300_000
      this.#packagers = this.#begin()
    }
    this.breaks = one.kind === 'restart' ? 1 : this.breaks + 1
    this.#packagers.look()
  }

  /** Ends the segment that is being filled. */
  flush(): void {
    this.#sound = undefined
    this.#source.break()
    this.#look()
    this.#pass(10_000)
    this.#look()
    // short segments are listed when it is their time
    for (let left = this.seen.size; left > 0 && this.#seenBytes < this.pushed.bytes; left--) {
      this.#pass(2000)
      this.#look()
    }
    this.#packagers.stop()
  }

  get #seenBytes(): number {
    return [...this.seen.values()].reduce((sum, { bytes }) => sum + bytes, 0)
  }

  #forget(): void {
    for (const each of this.seen.values()) each.leftAtMs = Number.NEGATIVE_INFINITY
  }

  #look(): void {
    this.highestWallMs = Math.max(this.highestWallMs, this.wallMs)
    const window = this.#packagers.get(live)?.window
    if (!window?.hasSegments) return
    const playlist = this.watched.add(window.playlist.textFor('?s=1'))
    this.#count(playlist, window)
  }

  #count({ segments, sequence }: SeenPlaylist, window: SegmentWindow): void {
    this.#longest = Math.max(
      this.#longest,
      segments.reduce((sum, { seconds }) => sum + seconds, 0),
    )
    for (const { number, seconds } of segments) {
      const held = window.get(number)
      expect(held?.number).toBe(number)
      if (number <= this.#newest) continue
      this.seen.set(number, { bytes: audioBytes(held), seconds: held?.seconds ?? 0, leftAtMs: undefined })
      expect(Math.abs(seconds - (held?.seconds ?? 0))).toBeLessThan(1e-6)
    }
    this.#newest = Math.max(this.#newest, segments.at(-1)?.number ?? -1)
    for (const [number, each] of this.seen) {
      if (number >= sequence) continue
      each.leftAtMs ??= this.ranMs
      if (this.ranMs - each.leftAtMs < (each.seconds + 12) * 1000)
        expect(window.get(number)?.number, `${number}`).toBe(number)
    }
  }
}

/** Bytes of a segment without its tag. */
const audioBytes = (segment: Segment | undefined) => (segment?.bytes ?? 0) - (segment?.pieces[0]?.length ?? 0)

/** Several short segments leave the playlist at once, and one of them was forgotten too early. */
const shortOnes: Step[] = [
  ...[382, 4].map((frames) => ({ kind: 'play', sound: 0, frames }) as const),
  { kind: 'play', sound: 1, frames: 2 },
  ...[230, 128, 80, 26, 1].map((frames) => ({ kind: 'play', sound: 0, frames }) as const),
  { kind: 'break' },
  ...[454, 6].map((frames) => ({ kind: 'play', sound: 0, frames }) as const),
]

/** The clock is set back, so segments wait, and are listed all at once: the first to leave then was forgotten too early. */
const waited: Step[] = [
  ...[0, 1, 0].map((sound) => ({ kind: 'play', sound, frames: 1 }) as const),
  ...[190, 386].map((frames) => ({ kind: 'play', sound: 2, frames }) as const),
  { kind: 'clock', ms: -3317 },
  { kind: 'silence', ms: 2878 },
  { kind: 'play', sound: 1, frames: 389 },
  { kind: 'play', sound: 0, frames: 179 },
]

/** So many short segments that the last of them wait for longer than usual. */
const manyShort: Step[] = [0, 1, 0, 1, 0, 1, 0].map((sound) => ({ kind: 'play', sound, frames: 1 }) as const)

/** The clock is set back before a mount is packaged again, and its numbers were ahead for as long as that. */
const setBack: Step[] = [
  { kind: 'play', sound: 0, frames: 1 },
  { kind: 'clock', ms: -18_262 },
  { kind: 'idle' },
  { kind: 'play', sound: 0, frames: 1 },
  { kind: 'play', sound: 0, frames: 1 },
]

test('playlists stay legal and hold every frame once, for as long as they have to, whatever a source, the clock and the program do', () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 5, maxLength: 60 }), (steps) => {
      const master = new Master()
      for (const each of steps) master.do(each)
      master.flush()
      const sum = (of: (each: { bytes: number; seconds: number }) => number) =>
        [...master.seen.values()].reduce((total, each) => total + of(each), 0)
      expect(sum(({ bytes }) => bytes)).toBe(master.pushed.bytes)
      expect(sum(({ seconds }) => seconds)).toBeCloseTo(master.pushed.seconds, 6)
    }),
    { numRuns: repetitions(100), examples: [[shortOnes], [waited], [manyShort], [setBack]] },
  )
})

test('however short segments are, a program that begins from any moment on begins above all numbers that were listed', () => {
  const short = fc.record({ frames: fc.integer({ min: 1, max: 400 }), isBroken: fc.boolean() })
  fc.assert(
    fc.property(
      fc.array(short, { minLength: 3, maxLength: 40 }),
      fc.nat(3000),
      fc.constantFrom(1, 1.4, 2, 4),
      (parts, awayMs, segmentSeconds) => {
        let [wallMs, breaks] = [epochMs + awayMs * 7, 0]
        const begin = (source: FedSource) => {
          const packagers = new Packagers({
            running: () => [source],
            packaging: () => 'always',
            times: () => ({ segmentSeconds, windowSeconds: 60 }),
            timers: new ManualTime(),
            nowMs: () => 0,
            wallMs: () => wallMs,
          })
          packagers.look()
          return packagers
        }
        const play = (source: FedSource, frames: number) => {
          for (let i = 0; i < frames; i++) {
            wallMs += (1152 / 44_100) * 1000
            source.push(chunkOf(sounds[0], 1))
          }
        }
        const source = new FedSource('mpeg')
        const packagers = begin(source)
        for (const { frames, isBroken } of parts) {
          play(source, frames)
          // more than that, all at once, are listed early
          if (isBroken && breaks++ < hlsLimits.earlySegments) source.break()
        }
        const last = packagers.get(live)?.window.segments.at(-1)?.number ?? -1
        wallMs += awayMs + 1
        const next = new FedSource('mpeg')
        const after = begin(next)
        play(next, segmentSeconds * 50)
        expect(after.get(live)?.window.segments[0]?.number).toBeGreaterThan(last)
      },
    ),
    { numRuns: repetitions(100) },
  )
})

test('a source that moves to another master gets numbers there that the first did not give, while its last segment there waits to be listed', () => {
  const frameMs = (1152 * 1000) / 44_100
  for (let frames = 1500; frames < 1700; frames += 23)
    for (const awayMs of [1, 300, 3000]) {
      let nowMs = 0
      const begin = (sources: FedSource[]) => {
        const packagers = new Packagers({
          running: () => sources,
          packaging: () => 'always',
          times: () => ({ segmentSeconds: 4, windowSeconds: 60 }),
          timers: new ManualTime(),
          nowMs: () => nowMs,
          wallMs: () => epochMs + nowMs,
        })
        packagers.look()
        return packagers
      }
      const play = (source: FedSource, count: number) => {
        for (let i = 0; i < count; i++) {
          nowMs += frameMs
          source.push(chunkOf(sounds[0], 1))
        }
      }
      const [there, here] = [new FedSource('mpeg'), [] as FedSource[]]
      const running = [there]
      const first = begin(running)
      play(there, frames)
      // its numbers run ahead of the clock
      for (let i = 0; i < 2; i++) {
        there.break()
        play(there, 20)
      }
      running.pop()
      first.look()
      nowMs += awayMs
      const next = new FedSource('mpeg', nowMs)
      here.push(next)
      const second = begin(here)
      play(next, 600)
      const given = [first, second].map((packagers) =>
        packagers.get(live)?.window.segments.map(({ number }) => number),
      )
      expect(given[1]?.length).toBeGreaterThan(1)
      expect(given[1]?.[0]).toBeGreaterThan(given[0]?.at(-1) ?? Number.POSITIVE_INFINITY)
    }
})

test('units of any length make segments of one target duration, whose EXTINF add up to the samples', () => {
  const unit = fc.integer({ min: 1, max: 65_535 })
  const rate = fc.constantFrom(8000, 44_100, 48_000, 96_000)
  fc.assert(
    fc.property(
      fc.array(unit, { minLength: 1, maxLength: 400 }),
      rate,
      fc.integer({ min: 2, max: 6 }),
      (units, samplerate, segmentSeconds) => {
        const window = new SegmentWindow({
          segmentSeconds,
          windowSeconds: 1e6,
          firstDiscontinuity: 0,
          isSteered: false,
          nowMs: () => 0,
        })
        const segments: Segment[] = []
        const segmenter = new Segmenter({
          segmentSeconds,
          firstNumber: 1,
          wallMs: () => epochMs,
          onSegment: (segment) => {
            segments.push(segment)
            window.push(segment)
          },
        })
        segmenter.begin({
          kind: 'flac',
          samplerate,
          key: 'x',
          init: undefined,
          print: (_, { units }) => units.map(({ bytes }) => bytes),
        })
        // a unit that alone is longer than a segment cannot be cut
        const fitting = units.map(
          (samples): AudioUnit => ({
            bytes: new Uint8Array(1),
            samples: Math.min(samples, samplerate * 1.4),
          }),
        )
        for (const each of fitting) segmenter.push(each)
        segmenter.break()
        const watched = new WatchedPlaylist()
        const { targetSeconds } = watched.add(window.playlist.textFor(''))
        expect(targetSeconds).toBe(segmentSeconds)
        const samples = fitting.reduce((sum, each) => sum + each.samples, 0)
        expect(segments.reduce((sum, { seconds }) => sum + seconds, 0)).toBeCloseTo(samples / samplerate, 6)
        expect(segments.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(fitting.length)
      },
    ),
    { numRuns: repetitions(300) },
  )
})
