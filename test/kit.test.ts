import { existsSync, globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { IcyReader } from './kit/audio/icy-reader.ts'
import { framesOf } from './kit/audio/mpeg.ts'
import { numberedFrame, numbersInOrder } from './kit/audio/numbered-frames.ts'
import { Pace } from './kit/audio/pace.ts'
import { loopOf } from './kit/audio/source.ts'
import { repo } from './kit/process/process.ts'
import { longFiles } from './kit/run/longest-first.ts'
import { replayCommand, seedOf } from './kit/run/property-seed.ts'

const frameMs = (1152 * 1000) / 44_100
const numberedBytes = (numbers: number[]) => Buffer.concat(numbers.map(numberedFrame))

describe('the pace of a source', () => {
  test('after an hour of late and uneven looks it has sent an hour of frames', () => {
    const pace = new Pace(frameMs, 0)
    let sent = 0
    let nowMs = 0
    for (let look = 0; nowMs < 3_600_000; look++) {
      nowMs = Math.min(3_600_000, nowMs + 100 + (look % 7) * 11)
      sent += pace.due(nowMs)
    }
    expect(sent).toBe(Math.floor(3_600_000 / frameMs) + 1)
  })

  test('a machine that slept goes on from now, without a burst', () => {
    const pace = new Pace(frameMs, 0)
    pace.due(1000)
    expect(pace.due(601_000)).toBeLessThanOrEqual(2)
    expect(pace.due(602_000)).toBeLessThanOrEqual(Math.ceil(1000 / frameMs))
  })
})

describe('the numbered frames', () => {
  test('49 of them hold 20,480 bytes, as 128 kbit/s at 44.1 kHz asks', () => {
    expect(numberedBytes(Array.from({ length: 49 }, (_, i) => 1_000_000 + i))).toHaveLength(20_480)
  })

  test('frames in order are told from where the listener joined', () => {
    const bytes = numberedBytes([70_000, 70_001, 70_002])
    expect(numbersInOrder(bytes.subarray(5))).toEqual({
      first: 70_001,
      count: 2,
      skipped: numberedFrame(70_000).length - 5,
    })
  })

  test.for([
    ['a gap', [5, 6, 8, 9], 'a gap of 1 frames'],
    ['a repeat', [5, 6, 6, 7], 'a repeat of 1 frames'],
  ] as const)('%s is found', ([, numbers, problem]) => {
    expect(() => numbersInOrder(numberedBytes([...numbers]))).toThrow(problem)
  })

  test('a byte changed on the way is found', () => {
    const bytes = numberedBytes([5, 6, 7])
    bytes[500] = 1
    expect(() => numbersInOrder(bytes)).toThrow('not the one that the source sent')
  })
})

test('the ICY reader gives the audio and the titles back however the bytes are cut', () => {
  const audio = numberedBytes([1, 2, 3])
  const block = Buffer.alloc(48)
  block.write("StreamTitle='It's; here';StreamUrl='u';")
  const woven = [
    audio.subarray(0, 500),
    Buffer.of(3),
    block,
    audio.subarray(500, 1000),
    Buffer.of(0),
    audio.subarray(1000),
  ]
  const bytes = Buffer.concat(woven)
  for (const step of [1, 7, 499, 5000]) {
    const reader = new IcyReader(500)
    const heard: Uint8Array[] = []
    for (let at = 0; at < bytes.length; at += step) heard.push(...reader.push(bytes.subarray(at, at + step)))
    expect(Buffer.concat(heard)).toEqual(audio)
    expect(reader.titles).toEqual([{ atByte: 500, title: "It's; here" }])
  }
})

test('the demo plays whole frames of 128 kbit/s that begin again without a change of rate', () => {
  const file = readFileSync(join(repo, 'test/tools/demo/loop.mp3'))
  const { frames, skipped, rest } = framesOf(file)
  expect({ frames: frames.length, skipped, rest }).toEqual({ frames: 980, skipped: 0, rest: 0 })
  expect(file.length * 8).toBe(128 * frames.length * frameMs)
  expect(loopOf(file).at(980)).toEqual(loopOf(file).at(0))
})

test('the files that are started first are there', () => {
  expect(longFiles.filter((file) => !existsSync(join(repo, file)))).toEqual([])
})

describe('the seed of properties', () => {
  test('two runs of a property get the same values unless FC_SEED says otherwise', () => {
    const run = () => {
      const seen: number[] = []
      fc.assert(fc.property(fc.integer(), (n) => void seen.push(n)))
      return seen
    }
    if (process.env.FC_SEED !== 'random') expect(run()).toEqual(run())
    expect(seedOf('')).toBe(seedOf(undefined))
    expect(seedOf('-424807434')).toBe(-424_807_434)
    expect(seedOf('random')).toBeUndefined()
    expect(() => seedOf('some')).toThrow('FC_SEED is "some", expected an integer or "random"')
  })

  test('a failed property says how to run it again, as often as it ran', () => {
    const failing = () =>
      fc.assert(
        fc.property(fc.integer(), () => false),
        { seed: 7 },
      )
    expect(failing).toThrow(/Run it again: FC_SEED=7 .*distributary with vitest run test\/kit\.test\.ts$/)
    expect(replayCommand(-7, 'test/x.test.ts', {})).toBe(
      'FC_SEED=-7 ./distributary with vitest run test/x.test.ts',
    )
    expect(replayCommand(-7, 'test/x.test.ts', { ALL_REPETITIONS: '1' })).toBe(
      'FC_SEED=-7 ALL_REPETITIONS=1 ./distributary with vitest run test/x.test.ts',
    )
  })

  test('all properties are in the projects that set it: unit and crowds', () => {
    const strays = globSync('test/{live,workers}/**/*.test.ts', { cwd: repo }).filter((file) =>
      readFileSync(join(repo, file), 'utf8').includes("'fast-check'"),
    )
    expect(strays).toEqual([])
  })
})
