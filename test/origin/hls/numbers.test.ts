import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { firstNumbersAt, isDue, pacedSeconds } from '../../../origin/hls/numbers.ts'
import { repetitions } from '../../kit/base/repetitions.ts'

const beganMs = Date.UTC(2026, 10, 25)
const day = 86_400

/** A mount that is packaged from a moment on: each of its segments ends with the first frame after its time. */
class Run {
  nowMs: number
  readonly segmentSeconds: number
  readonly frameSeconds: number
  /** of the segments so far */
  readonly numbers: number[] = []
  readonly lengths: number[] = []
  #next: number
  /** s by which the segments so far are longer than wanted */
  #over = 0

  /** @param speed s of audio that arrive in a second */
  constructor(nowMs: number, segmentSeconds: number, frameSeconds: number) {
    this.nowMs = nowMs
    this.segmentSeconds = segmentSeconds
    this.frameSeconds = frameSeconds
    this.#next = firstNumbersAt(nowMs, segmentSeconds).segment
  }

  get last(): number {
    return this.numbers.at(-1) ?? this.#next - 1
  }

  /** Some segments. @param cutTo the part of its time after which the source ends, and another one begins */
  play(count: number, cutTo = 1): void {
    for (let i = 0; i < count; i++) {
      const wanted = (pacedSeconds(this.#next, this.nowMs, this.segmentSeconds) - this.#over) * cutTo
      const seconds = Math.ceil(wanted / this.frameSeconds - 1e-9) * this.frameSeconds
      this.#over = cutTo < 1 ? 0 : seconds - wanted
      this.lengths.push(seconds)
      this.nowMs += seconds * 1000
      this.numbers.push(this.#next++)
    }
  }
}

const mp3Frame = 1152 / 44_100

describe('numbers of segments', () => {
  test('run as fast as segments do: after days, a program that starts again goes on where the old one would be', () => {
    for (const [segmentSeconds, frameSeconds] of [
      [4, mp3Frame],
      [4, 0.02],
      [1, 0.04],
      [1.4, mp3Frame],
      [2.5, 4608 / 44_100],
      [30, mp3Frame],
    ] as const) {
      const run = new Run(beganMs, segmentSeconds, frameSeconds)
      run.play((3 * day) / segmentSeconds)
      for (const awaySeconds of [0.001, 2, 300]) {
        const { segment } = firstNumbersAt(run.nowMs + awaySeconds * 1000, segmentSeconds)
        const missed = awaySeconds / segmentSeconds
        expect(segment).toBeGreaterThan(run.last)
        expect(segment - run.last).toBeLessThanOrEqual(Math.ceil(missed) + 2)
      }
    }
  })

  test('change the duration of no segment of a steady source by more than a frame and a sixtieth', () => {
    fc.assert(
      fc.property(fc.nat(4 * day * 1000), (ms) => {
        const run = new Run(beganMs + ms, 4, mp3Frame)
        run.play(1000)
        const off = run.lengths.map((seconds) => Math.abs(seconds - 4))
        expect(Math.max(...off)).toBeLessThan(mp3Frame + 0.06)
        const mean = run.lengths.slice(-500).reduce((sum, each) => sum + each, 0) / 500
        expect(mean).toBeCloseTo(4, 2)
      }),
      { numRuns: repetitions(30) },
    )
  })

  test('of segments of full length may be listed when they end, and those of a program that begins then are greater', () => {
    const run = new Run(beganMs + 123, 4, mp3Frame)
    for (let i = 0; i < 2000; i++) {
      run.play(1)
      expect(isDue(run.last, run.nowMs, 4)).toBe(true)
      expect(firstNumbersAt(run.nowMs, 4).segment).toBeGreaterThan(run.last)
    }
    // the clock may be set back by some of a segment, and by as much as the program is away
    expect(firstNumbersAt(run.nowMs - 1900, 4).segment).toBeGreaterThan(run.last)
  })

  test('of short segments wait until it is their time', () => {
    const run = new Run(beganMs, 4, mp3Frame)
    run.play(500)
    run.play(3, 0.1)
    expect(isDue(run.last, run.nowMs, 4)).toBe(false)
    expect(isDue(run.last, run.nowMs + 3 * 4000, 4)).toBe(true)
    expect(firstNumbersAt(run.nowMs + 3 * 4000, 4).segment).toBeGreaterThan(run.last)
  })

  test('catch up with the clock after sources that ended early, one after the other, and after one that was away for an hour', () => {
    const run = new Run(beganMs, 4, mp3Frame)
    run.play(100)
    run.play(20, 0.2)
    expect(run.last).toBeGreaterThan(firstNumbersAt(run.nowMs, 4).segment + 10)
    run.play(1000)
    expect(firstNumbersAt(run.nowMs + 1, 4).segment - run.last).toBeLessThanOrEqual(2)
    expect(firstNumbersAt(run.nowMs, 4).segment).toBeGreaterThan(run.last)
    run.nowMs += 3600 * 1000
    run.play(20_000)
    expect(firstNumbersAt(run.nowMs + 1, 4).segment).toBeLessThanOrEqual(run.last + 2)
    expect([...new Set(run.lengths.slice(120).map(Math.round))]).toEqual([4])
  })

  test('begin at the clock, whatever it shows, and stay small enough for decades', () => {
    const [before, after, late] = [beganMs, beganMs + 20 * 60_000, Date.UTC(2087, 0, 1)].map((ms) =>
      firstNumbersAt(ms, 1),
    )
    expect(after?.segment).toBe((before?.segment ?? 0) + 20 * 60)
    expect(after?.discontinuity).toBe((before?.discontinuity ?? 0) + 4)
    expect(late?.segment).toBeLessThan(2 ** 31)
    // hls.js walks over all discontinuities at each playlist
    expect(before?.discontinuity).toBeLessThan(100_000)
    expect(late?.discontinuity).toBeLessThan(7_000_000)
    expect(firstNumbersAt(0, 4)).toEqual({ segment: 0, discontinuity: 0 })
  })
})
