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
  expect(written).toEqual(['the end\n'])
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

  test.for([
    ['with their line ends, as many as fit', linesLengthMax - 10, 8, 0],
    ['one character more does not', linesLengthMax - 10, 9, 1],
    ['nor a line of the whole bound', 0, linesLengthMax, 1],
  ] as const)('gets lines up to the bound: %s', ([, first, second, lost]) => {
    const { lines, next, text } = reader()
    if (first > 0) lines.add('x'.repeat(first))
    lines.add('y'.repeat(second))
    next()
    expect(text().endsWith('lost 1\n')).toBe(lost === 1)
    expect(text()).toHaveLength((first > 0 ? first + 1 : 0) + (lost === 1 ? 'lost 1\n'.length : second + 1))
  })
})

describe('the exit of a program', () => {
  /** How often it waited until a promise was kept. */
  async function waitsUntil(kept: Promise<void>, wake: (times: number) => void): Promise<number> {
    let isOver = false
    const over = kept.then(() => {
      isOver = true
    })
    let times = 0
    for (await settled(); !isOver && times < 100; await settled()) wake(++times)
    await over
    return times
  }
  const settled = () => new Promise(setImmediate)

  test('does not wait where all is written at once', async () => {
    const { lines, later, text } = reader()
    lines.add('a')
    expect(await waitsUntil(lines.flushed(30), () => {})).toBe(0)
    expect([text(), later]).toEqual(['a\n', []])
  })

  test('waits for a reader that has stalled, up to the given time', async () => {
    const { lines, tryAgain } = reading(() => 0)
    lines.add('a')
    expect(await waitsUntil(lines.flushed(30), tryAgain)).toBe(3)
  })

  test('waits no longer once such a reader has everything, what was logged meanwhile too', async () => {
    let room = 1
    const { lines, tryAgain, next, text } = reading((bytes) => {
      const taken = Math.min(room, bytes.length)
      room -= taken
      return taken
    })
    lines.add('a')
    const waits = waitsUntil(lines.flushed(1000), (times) => {
      if (times === 2) room = 100
      tryAgain()
      if (times === 2) lines.add('b')
      if (times === 3) next()
    })
    expect(await waits).toBe(3)
    expect(text()).toBe('a\nb\n')
  })

  test('waits for a reader that has gone, to tell the next one what was lost', async () => {
    let gone = true
    const { lines, tryAgain, text } = reading((bytes) => {
      if (gone) throw new Error('EPIPE')
      return bytes.length
    })
    lines.add('a')
    const waits = waitsUntil(lines.flushed(1000), (times) => {
      gone = times < 4
      tryAgain()
    })
    expect(await waits).toBe(4)
    expect(text()).toBe('lost 1\n')
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

  test('is handled the same if the runtime reports it later', async () => {
    let end: (failed?: Error) => void = () => {}
    const { lines, next, tryAgain, text, later } = reading(
      (bytes) =>
        new Promise((resolve, reject) => {
          end = (failed) => (failed ? reject(failed) : resolve(bytes.length))
        }),
    )
    lines.add('a')
    lines.add('b')
    next()
    lines.flush()
    end(new Error('EPIPE'))
    await new Promise(setImmediate)
    expect(later.map(({ ms }) => ms)).toEqual([1000])
    lines.add('c')
    tryAgain()
    expect(text()).toBe('a\nb\nlost 3\n')
    end()
    await new Promise(setImmediate)
    lines.add('d')
    next()
    expect(text()).toBe('a\nb\nlost 3\nd\n')
  })

  test('leaves as much room for the lines that follow as there was before', () => {
    let gone = true
    const { lines, next, tryAgain, text } = reading((bytes) => {
      if (gone) throw new Error('EPIPE')
      return bytes.length
    })
    const long = 'x'.repeat(linesLengthMax / 2 + 1)
    for (let i = 0; i < 2; i++) {
      lines.add(long)
      next()
      tryAgain()
    }
    gone = false
    tryAgain()
    lines.add(long)
    next()
    expect(text()).toBe(`lost 2\n${long}\n`)
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
