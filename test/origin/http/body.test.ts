import { EventEmitter } from 'node:events'
import type { Socket } from 'node:net'
import { describe, expect, test } from 'vitest'
import { readBody } from '../../../origin/http/body.ts'
import { sendPieces } from '../../../origin/http/reply.ts'
import { limits } from '../../../origin/limits.ts'
import { Gathered } from '../../../shared/http/gathered.ts'
import { ManualTime } from '../../kit/base/manual-time.ts'
import { SlowSocket } from '../../kit/wire/slow-socket.ts'

describe('a body', () => {
  /** Bytes copied and kept for a body of this size that arrives byte by byte. */
  function trickled(size: number): { copied: number; room: number } {
    const body = new Gathered(1_048_577, 0)
    let copied = 0
    for (let i = 0; i < size; i++) {
      const before = body.room
      body.add(Uint8Array.of(i))
      if (body.room !== before) copied += i
      copied++
    }
    const expected = Buffer.from(Uint8Array.from({ length: size }, (_, i) => i))
    expect(expected.equals(body.bytes), `the ${size} bytes as they came`).toBe(true)
    return { copied, room: body.room }
  }

  test('sent one byte at a time needs at most twice its length of memory, and linear work', () => {
    const [small, large] = [trickled(50_000), trickled(100_000)]
    expect(large.room).toBeLessThanOrEqual(2 * 100_000)
    expect(large.copied).toBeLessThanOrEqual(3 * 100_000)
    expect(large.copied / small.copied).toBeLessThan(2.5)
  })

  test('keeps its bound, whatever the bytes and however they are split', () => {
    const body = new Gathered(10, 4)
    for (const part of [3, 5, 100]) body.add(new Uint8Array(part).fill(part))
    expect([...body.bytes]).toEqual([3, 3, 3, 5, 5, 5, 5, 5, 100, 100])
    expect([body.isFull, body.room]).toEqual([true, 10])
    expect(new Gathered(4097, 10 ** 15).room).toBe(4097)
  })

  const read = (headers: Record<string, string>, rest: string, bytesMax = 8) =>
    readBody(
      {
        socket: new EventEmitter() as Socket,
        head: { headers: new Map(Object.entries(headers)) },
        rest: Buffer.from(rest),
      },
      { bytesMax, withinMs: 1000 },
    )

  test('longer than its bound is read just far enough to see that', async () => {
    expect(await read({ 'transfer-encoding': 'chunked' }, 'c\r\nabcdefghijkl\r\n0\r\n\r\n')).toHaveLength(9)
    expect(await read({ 'content-length': '12' }, 'abcdefghijkl')).toHaveLength(0)
    expect(await read({ 'content-length': '8' }, 'abcdefghijkl')).toHaveLength(8)
  })
})

describe('an answer', () => {
  const piece = limits.answerPieceBytes
  function sending(pieces: number) {
    const time = new ManualTime()
    const socket = new SlowSocket()
    let done = 0
    sendPieces(socket, new Uint8Array(pieces * piece), time, () => done++)
    return { time, socket, done: () => done }
  }

  test('that the client does not read is aborted, and its resources are released once', async () => {
    const { time, socket, done } = sending(20)
    await time.pass(limits.answerStallMs - 1)
    expect([socket.destroyed, done()]).toEqual([false, 0])
    await time.pass(1)
    expect([socket.destroyed, done(), socket.written]).toEqual([true, 1, piece])
    socket.take()
    expect([done(), socket.written]).toEqual([1, piece])
  })

  test('that is read slowly arrives whole: only time without progress counts', async () => {
    const { time, socket, done } = sending(20)
    for (let i = 0; i < 20; i++) {
      await time.pass(limits.answerStallMs - 1)
      socket.take()
    }
    expect([socket.destroyed, done(), socket.written]).toEqual([false, 1, 20 * piece])
    await time.pass(10 * limits.answerStallMs)
    expect(socket.destroyed).toBe(false)
  })

  test('that is empty is done at once', () => expect(sending(0).done()).toBe(1))
})
