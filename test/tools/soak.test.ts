import { describe, expect, test } from 'vitest'
import { numberedFrame } from '../kit/audio/numbered-frames.ts'
import { NumberedStream } from './load/numbered-stream.ts'
import { growth, judge, type MemorySample, slopeOf } from './soak/trend.ts'

const hour = (residentAt: (atS: number) => number): MemorySample[] =>
  Array.from({ length: 361 }, (_, i) => ({
    atS: i * 10,
    residentMiB: residentAt(i * 10),
    heapMiB: undefined,
    descriptors: 20,
  }))
/** a heap that fills and is collected every two minutes */
const sawtooth = (atS: number) => 100 + (atS % 120) / 12

describe('whether memory is flat', () => {
  test('a line through collinear points has their slope, and no error', () => {
    const { slope, error } = slopeOf([0, 1, 2, 3].map((x) => [x, 7 + 2.5 * x] as const))
    expect(slope).toBeCloseTo(2.5)
    expect(error).toBeCloseTo(0)
  })

  test('memory that warms up in the first half and then swings is flat', () => {
    const grown = growth(hour((atS) => Math.min(atS, 600) / 10 + sawtooth(atS)))
    expect(judge(grown, 8)).toBe('flat')
  })

  test('a leak of 30 MiB an hour below the swings grows', () => {
    expect(judge(growth(hour((atS) => atS / 120 + sawtooth(atS))), 8)).toBe('grows')
  })

  test('too little data for the bound is undecided', () => {
    expect(judge({ slope: 5, error: 4 }, 8)).toBe('undecided')
    expect(judge(growth(hour(sawtooth).slice(0, 2)), 8)).toBe('undecided')
  })
})

describe('the audio of a listener, compared with what the source sends', () => {
  const frames = (first: number, count: number) =>
    Buffer.concat(Array.from({ length: count }, (_, i) => numberedFrame(first + i)))

  test('is right from any frame on, in pieces of any size, after the zeros of a grid point', () => {
    const stream = new NumberedStream()
    const heard = Buffer.concat([Buffer.alloc(100), frames(5000, 20)])
    for (let at = 0; at < heard.length; at += 333)
      expect(stream.push(heard.subarray(at, at + 333))).toBeUndefined()
    expect(stream.last).toBe(5019)
  })

  test('a gap and a repeat are reported with the frame before', () => {
    for (const next of [frames(12, 2), frames(10, 2)]) {
      const stream = new NumberedStream()
      expect(stream.push(frames(8, 3))).toBeUndefined()
      expect(stream.last).toBe(10)
      expect(stream.push(next)).toMatch(/^not what the source sent/)
    }
  })

  test('anything else at the beginning is a fault', () => {
    expect(new NumberedStream().push(Buffer.alloc(1000, 0x55))).toBe('no numbered frame where it begins')
  })
})
