import { describe, expect, test } from 'vitest'
import { FrameFramer } from '../../../origin/format/frame-framer.ts'
import { mpegFormat } from '../../../origin/format/mpeg.ts'
import { FrameUnits } from '../../../origin/hls/frame-units.ts'
import type { Segment } from '../../../origin/hls/segment.ts'
import { SegmentWindow } from '../../../origin/hls/segment-window.ts'
import { Segmenter, type SegmenterOptions } from '../../../origin/hls/segmenter.ts'
import { joined } from '../../../shared/bytes.ts'
import { numberedFrame, numbersInOrder } from '../../kit/audio/numbered-frames.ts'
import { readMediaPlaylist } from '../../kit/hls/hls-readers.ts'
import { readPlaylist } from '../../kit/hls/playlist-laws.ts'

const wallMs = Date.UTC(2026, 0, 1)
const samples = 1152
const rate = 44_100

/** A packager of numbered frames, and what it has made. */
function packaging({
  segmentSeconds = 4,
  windowSeconds = 60,
  isSteered = false,
  nowMs = wallMs,
  secondsOf,
}: Partial<SegmenterOptions & { windowSeconds: number; isSteered: boolean; nowMs: number }> = {}) {
  const segments: Segment[] = []
  const playedMs = () => segments.reduce((sum, { seconds }) => sum + seconds * 1000, 0)
  const window = new SegmentWindow({
    segmentSeconds,
    windowSeconds,
    firstDiscontinuity: 7,
    isSteered,
    nowMs: playedMs,
  })
  const segmenter = new Segmenter({
    segmentSeconds,
    firstNumber: 100,
    wallMs: () => nowMs,
    ...(secondsOf && { secondsOf }),
    onSegment: (segment) => {
      segments.push(segment)
      window.push(segment)
    },
  })
  const framer = new FrameFramer(mpegFormat)
  const units = FrameUnits.of('mpeg', segmenter)
  let n = 0
  const play = (frames: number, pieceBytes = 1000) => {
    const bytes = joined(Array.from({ length: frames }, () => numberedFrame(n++)))
    for (let at = 0; at < bytes.length; at += pieceBytes) {
      framer.push(bytes.subarray(at, at + pieceBytes))
      const { bytes: cut, frames: starts } = framer.take()
      units?.push({ bytes: cut, frames: starts })
    }
  }
  return { segments, window, segmenter, play, playlist: () => window.playlist.textFor('?s=x') }
}

/** The audio of a segment without its tag, whose length stands in its header. */
const audioOf = ({ pieces: [, ...audio] }: Segment) => joined(audio)

/** The time in its tag, in 90 kHz. */
function timeOf(segment: Segment | undefined): number {
  const [tag = new Uint8Array(8)] = segment?.pieces ?? []
  return Number(new DataView(tag.buffer, tag.byteOffset).getBigUint64(tag.length - 8))
}

const framesInFourSeconds = Math.ceil((4 * rate) / samples)

describe('a segmenter', () => {
  test('ends a segment at the first frame after its time, and loses no frame', () => {
    const { segments, play } = packaging()
    play(framesInFourSeconds * 5 + 10)
    expect(segments.map(({ number }) => number)).toEqual([100, 101, 102, 103, 104])
    expect(new Set(segments.map(({ seconds }) => seconds))).toEqual(
      new Set([(framesInFourSeconds * samples) / rate]),
    )
    const heard = numbersInOrder(joined(segments.map(audioOf)))
    expect(heard).toMatchObject({ first: 0, skipped: 0 })
    expect(heard.count).toBe(framesInFourSeconds * 5)
  })

  test('cuts the same segments however the bytes come', () => {
    const [whole, cut] = [packaging(), packaging()]
    whole.play(320, 1_000_000)
    cut.play(320, 101)
    expect(cut.segments.map((each) => joined(each.pieces))).toEqual(
      whole.segments.map((each) => joined(each.pieces)),
    )
  })

  test('copies no audio: a segment is views of the chunks, joined where they are neighbours', () => {
    const { segments, play } = packaging()
    play(framesInFourSeconds * 2 + 1, 10_000_000)
    const [first, second] = segments
    expect([first?.pieces.length, second?.pieces.length]).toEqual([2, 2])
    expect(first?.pieces[1]?.buffer === second?.pieces[1]?.buffer).toBe(true)
  })

  test('says at the head of each segment when it is due, in 90 kHz without drift', () => {
    const { segments, play } = packaging()
    play(framesInFourSeconds * 4)
    for (const [i, { pieces }] of segments.entries()) {
      const [tag = new Uint8Array()] = pieces
      const view = new DataView(tag.buffer, tag.byteOffset)
      expect(new TextDecoder().decode(tag.subarray(0, 3))).toBe('ID3')
      expect(Number(view.getBigUint64(tag.length - 8))).toBe(
        Math.round((i * framesInFourSeconds * samples * 90_000) / rate),
      )
    }
  })

  test('counts the time at the head of a segment from the wall clock, so that a program that starts again goes on later on the same timeline', () => {
    const [before, after] = [wallMs + 1000, wallMs + 61_000].map((nowMs) => {
      const { segments, play } = packaging({ nowMs })
      play(framesInFourSeconds + 1)
      return segments.map(timeOf)
    })
    expect([before, after]).toEqual([[90_000], [61 * 90_000]])
    // 33 bits, RFC 8216 §3.4; the product of samples and ticks does not fit a double
    const { segments, play } = packaging({ nowMs: wallMs + 20 * 365 * 86_400_000 })
    play(framesInFourSeconds + 1)
    expect(segments.map(timeOf)).toEqual([(20 * 365 * 86_400 * 90_000) % 2 ** 33])
  })

  test('counts no time back where a source that has sent ahead of its time is followed by another', () => {
    const { segments, segmenter, play } = packaging()
    play(framesInFourSeconds + 20) // all at once
    segmenter.break()
    play(framesInFourSeconds + 1)
    const [, last, first] = segments
    const endMs = (last?.startMs ?? 0) + (last?.seconds ?? 0) * 1000
    expect(first?.startMs).toBeGreaterThan(endMs)
    expect(first?.startMs).toBeLessThan(endMs + 3)
    const ticks = [last, first].map((each) => timeOf(each) / 90_000)
    expect(ticks[1]).toBeGreaterThan((ticks[0] ?? 0) + (last?.seconds ?? 0))
  })

  test('makes segments as long as it is told, frame by frame, so that nothing adds up', () => {
    const { segments, play } = packaging({ secondsOf: () => 4 })
    play(framesInFourSeconds * 100)
    const mean = segments.reduce((sum, { seconds }) => sum + seconds, 0) / segments.length
    expect(mean).toBeCloseTo(4, 3)
    for (const { seconds } of segments) expect(Math.abs(seconds - 4)).toBeLessThan(samples / rate)
  })

  test('begins a new stretch where the stream breaks off', () => {
    const { segments, segmenter, play } = packaging()
    play(framesInFourSeconds + 20)
    segmenter.break()
    play(framesInFourSeconds + 1)
    expect(segments.map(({ discontinuity }) => discontinuity)).toEqual([false, false, true])
    expect(segments[1]?.seconds).toBeCloseTo((20 * samples) / rate, 9)
  })

  test('tells a title in the segment where it begins, by ID3 and by a date range', () => {
    const { segments, segmenter, play, playlist } = packaging()
    play(framesInFourSeconds + 10)
    segmenter.setTitle('Say "when"', 'An Artist')
    play(framesInFourSeconds)
    expect(segments.map(({ titles }) => titles.map(({ title }) => title))).toEqual([[], ['Say "when"']])
    const text = new TextDecoder().decode(joined(segments[1]?.pieces.slice(0, 1) ?? []))
    expect(text).toContain('Say "when"')
    expect(text).toContain('An Artist')
    expect(playlist()).toContain('X-TITLE="Say ”when”",X-ARTIST="An Artist"')
    expect(readMediaPlaylist(playlist()).segments[0]?.dateRange?.attributes['X-TITLE']).toBe('Say ”when”')
  })
})

describe('the playlist of a window', () => {
  test('is legal at every segment, by another parser, and its numbers never go back', () => {
    const { segments, segmenter, window, play, playlist } = packaging({ windowSeconds: 20 })
    let last = { sequence: 0, discontinuities: 0, target: 0 }
    for (let step = 0; step < 200; step++) {
      play(30)
      if (step % 13 === 12) segmenter.break()
      if (!window.hasSegments) continue
      const read = readMediaPlaylist(playlist())
      const now = {
        sequence: read.mediaSequenceBase ?? 0,
        discontinuities: read.discontinuitySequenceBase ?? 0,
        target: read.targetDuration,
      }
      expect(now.sequence).toBeGreaterThanOrEqual(last.sequence)
      expect(now.discontinuities).toBeGreaterThanOrEqual(last.discontinuities)
      expect(now.target).toBeGreaterThanOrEqual(last.target)
      for (const { duration } of read.segments)
        expect(Math.round(duration)).toBeLessThanOrEqual(read.targetDuration)
      // the discontinuities before a segment are the same in every playlist that lists it
      const before = segments.filter(({ number }) => number < now.sequence && number >= 100)
      expect(now.discontinuities).toBe(7 + before.filter(({ discontinuity }) => discontinuity).length)
      last = now
    }
    expect(last.sequence).toBeGreaterThan(100)
  })

  test('lists the window, keeps each segment for as long again and its own length, and forgets the rest', () => {
    const { window, play, playlist } = packaging({ windowSeconds: 20 })
    play(framesInFourSeconds * 30)
    const listed = readMediaPlaylist(playlist()).segments
    expect(listed.length).toBe(5)
    expect(window.segments.length).toBe(11)
    expect(window.get(listed[0]?.mediaSequenceNumber ?? 0)?.number).toBe(listed[0]?.mediaSequenceNumber)
    const first = listed[0]?.mediaSequenceNumber ?? 0
    expect(window.get(first - 6)?.number).toBe(first - 6)
    expect(window.get(first - 7)).toBeUndefined()
    expect(window.get(1_000_000)).toBeUndefined()
  })

  test('keeps two windows at most for a source that sends faster than time goes, and what could have waited', () => {
    const window = new SegmentWindow({
      segmentSeconds: 4,
      windowSeconds: 20,
      firstDiscontinuity: 0,
      isSteered: false,
      nowMs: () => 0,
    })
    const { segments, play } = packaging()
    play(framesInFourSeconds * 60)
    for (const segment of segments) window.push(segment)
    expect(segments.length).toBeGreaterThan(50)
    expect(window.segments.length).toBe(15)
  })

  test('tells players of a steered mount to begin early enough to hear audio until they ask where to go on', () => {
    const behindOf = (isSteered: boolean, segmentSeconds: number, windowSeconds: number) => {
      const { play, playlist } = packaging({ isSteered, segmentSeconds, windowSeconds })
      play(framesInFourSeconds * 18)
      return readPlaylist(playlist()).behindSeconds
    }
    // three target durations, and the longest TTL
    expect([4, 2, 1].map((seconds) => behindOf(true, seconds, 60))).toEqual([24, 18, 15])
    // two target durations before the oldest segment goes
    expect([behindOf(true, 2, 12), behindOf(true, 1, 12)]).toEqual([8, 10])
    // three target durations are where players begin anyway
    expect([behindOf(true, 4, 12), behindOf(true, 12, 60), behindOf(false, 4, 60)]).toEqual([
      undefined,
      undefined,
      undefined,
    ])
  })

  test('has the session of its player at each segment', () => {
    const { play, window } = packaging()
    play(framesInFourSeconds * 3)
    const uris = readMediaPlaylist(window.playlist.textFor('?s=abc')).segments.map(({ uri }) => uri)
    expect(uris).toEqual(['100.mp3?s=abc', '101.mp3?s=abc'])
    expect(readMediaPlaylist(window.playlist.textFor('')).segments[0]?.uri).toBe('100.mp3')
  })
})
