import { describe, expect, test } from 'vitest'
import { LineQueue, linesLengthMax } from '../../../shared/log/line-queue.ts'

const decoder = new TextDecoder()

/** A queue, and the reader of its lines: `takes` is called with each write. */
function reading(takes: (bytes: Uint8Array) => number | Promise<number>) {
  const written: string[] = []
  const waiting: (() => void)[] = []
  const later: { ms: number; call: () => void }[] = []
  const lines = new LineQueue({
    write: (bytes) => {
      const taken = takes(bytes)
      written.push(decoder.decode(typeof taken === 'number' ? bytes.subarray(0, taken) : bytes))
      return taken
    },
    soon: (call) => waiting.push(call),
    after: (ms, call) => later.push({ ms, call }),
    printLost: (lost) => `lost ${lost}`,
  })
  const next = () => {
    for (const call of waiting.splice(0)) call()
  }
  const tryAgain = () => {
    for (const { call } of later.splice(0)) call()
  }
  return { lines, written, waiting, later, next, tryAgain, text: () => written.join('') }
}

const reader = () => reading((bytes) => bytes.length)

test('the lines of one turn leave in one write, in order, and those of the next turn in another', () => {
  const { lines, written, waiting, next } = reader()
  for (const line of ['a', 'b', 'c']) lines.add(line)
  expect(written).toEqual([])
  expect(waiting).toHaveLength(1)
  next()
  lines.add('d')
  next()
  expect(written).toEqual(['a\nb\nc\n', 'd\n'])
})

test('the last lines of a program are written before it exits, and none twice', () => {
  const { lines, written, next } = reader()
  lines.add('the end')
  lines.flush()
  next()
  lines.flush()
  expect(written).toEqual(['the end\n'])
})

describe('a reader that stalls', () => {
  test('gets the rest of a line once it reads again, and blocks nothing meanwhile', () => {
    let room = 3
    const { lines, next, tryAgain, later, text } = reading((bytes) => {
      const taken = Math.min(room, bytes.length)
      room -= taken
      return taken
    })
    lines.add('first')
    next()
    lines.add('second')
    expect(text()).toBe('fir')
    for (let i = 0; i < 5; i++) tryAgain()
    expect(later, 'one try is due at a time').toHaveLength(1)
    room = 100
    tryAgain()
    expect(text()).toBe('first\nsecond\n')
  })

  test('loses the lines beyond a bound, and a line says how many are missing at its position', () => {
    let room = 0
    const { lines, next, tryAgain, text } = reading((bytes) => {
      const taken = Math.min(room, bytes.length)
      room -= taken
      return taken
    })
    const long = 'x'.repeat(2 ** 20 - 1)
    for (let i = 0; i < 20; i++) {
      lines.add(long)
      next()
    }
    room = Number.POSITIVE_INFINITY
    tryAgain()
    lines.add('and on')
    next()
    const kept = text().split('\n')
    expect(kept.slice(-3)).toEqual(['lost 12', 'and on', ''])
    expect(kept.slice(0, -3)).toEqual(Array(8).fill(long))
    expect(8 * 2 ** 20).toBe(linesLengthMax)
  })

  test('does not delay the exit of the program beyond the given time', async () => {
    const { lines, later } = reading(() => 0)
    lines.add('a')
    let over = false
    const flushed = lines.flushed(30).then(() => {
      over = true
    })
    for (let i = 0; i < 10 && !over; i++) {
      for (const { call } of later.splice(0)) call()
      await Promise.resolve()
      await Promise.resolve()
    }
    await flushed
  })
})

describe('a reader that has gone', () => {
  test('costs one attempt a second, and the next reader is told how many lines were lost', () => {
    let gone = true
    let tries = 0
    const { lines, next, tryAgain, later, text } = reading((bytes) => {
      tries++
      if (gone) throw new Error('EPIPE')
      return bytes.length
    })
    for (let i = 0; i < 100; i++) {
      lines.add(`line ${i}`)
      next()
    }
    expect(tries).toBe(1)
    expect(later.map(({ ms }) => ms)).toEqual([1000])
    tryAgain()
    expect(tries).toBe(2)
    gone = false
    tryAgain()
    lines.add('hello')
    next()
    expect(text()).toBe('lost 100\nhello\n')
  })

  test('is handled the same if the runtime reports it later, and the queue stays within its bound', async () => {
    let fail: (error: Error) => void = () => {}
    const { lines, next, tryAgain } = reading(
      () =>
        new Promise((_, reject) => {
          fail = reject
        }),
    )
    lines.add('a')
    next()
    lines.flush()
    fail(new Error('EPIPE'))
    await new Promise(setImmediate)
    lines.add('b')
    tryAgain()
    fail(new Error('EPIPE'))
  })
})

test('lines logged during an asynchronous write leave in the next one', async () => {
  const done: ((bytes: number) => void)[] = []
  const { lines, next, written } = reading(
    (bytes) => new Promise((resolve) => done.push(() => resolve(bytes.length))),
  )
  lines.add('a')
  next()
  lines.add('b')
  lines.add('c')
  next()
  lines.flush()
  expect(written).toEqual(['a\n'])
  done.pop()?.(2)
  await new Promise(setImmediate)
  expect(written).toEqual(['a\n', 'b\nc\n'])
})
