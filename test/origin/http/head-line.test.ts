import { EventEmitter } from 'node:events'
import { describe, expect, test } from 'vitest'
import type { Head } from '../../../origin/http/head.ts'
import { HeadLine } from '../../../origin/http/head-line.ts'
import { KnownHeads } from '../../../origin/http/known-heads.ts'

/** A socket that counts what is asked of it. */
class CountingSocket extends EventEmitter {
  added = 0
  pauses = 0
  resumes = 0
  override on(event: string, listener: (bytes: Buffer) => void): this {
    this.added++
    return super.on(event, listener)
  }
  pause(): this {
    this.pauses++
    return this
  }
  resume(): this {
    this.resumes++
    return this
  }
  send(text: string): void {
    this.emit('data', Buffer.from(text, 'latin1'))
  }
}

const asks = (path: string) => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`

/** A line whose heads are noted. @param onHead what is done with each */
function opened(onHead: (line: HeadLine, head: Head) => void = () => {}) {
  const socket = new CountingSocket()
  const told: string[] = []
  const line: HeadLine = new HeadLine(socket, new KnownHeads(), {
    onHead: (head) => {
      told.push(head.path)
      onHead(line, head)
    },
    onBad: ({ status }) => told.push(`bad ${status}`),
    onGone: () => told.push('gone'),
  })
  line.read()
  return { socket, told, line }
}

describe('a connection that stays open', () => {
  test('gets three listeners for a thousand requests, and is never paused', () => {
    const { socket, told } = opened((line) => line.read())
    for (let i = 0; i < 1000; i++) socket.send(asks(`/${i}`))
    expect(told).toHaveLength(1000)
    expect([socket.added, socket.pauses, socket.resumes]).toEqual([3, 0, 0])
  })

  test('is read as its bytes come, in whatever pieces', () => {
    const { socket, told } = opened((line) => line.read())
    for (const piece of `${asks('/a')}${asks('/b')}`) socket.send(piece)
    expect(told).toEqual(['/a', '/b'])
  })

  test('may send its next request before it has the answer: it is read after that, and no more is let in meanwhile', () => {
    const { socket, told, line } = opened()
    socket.send(asks('/a'))
    for (const piece of [asks('/b'), 'GET /c HTT']) socket.send(piece)
    expect([told, socket.pauses, socket.resumes]).toEqual([['/a'], 1, 0])
    line.read()
    expect([told, socket.resumes]).toEqual([['/a', '/b'], 0])
    line.read()
    expect(socket.resumes).toBe(1)
    socket.send('P/1.1\r\n\r\n')
    expect(told).toEqual(['/a', '/b', '/c'])
  })

  test('may send thousands at once: each is answered in turn, not within the answer before it', () => {
    let depth = 0
    let deepest = 0
    const { socket, told } = opened((line) => {
      depth++
      deepest = Math.max(deepest, depth)
      line.read()
      depth--
    })
    socket.send(asks('/a').repeat(3000))
    expect([told.length, deepest]).toEqual([3000, 1])
  })

  test('that ends during an answer is lost after it, one that ends between two requests at once', () => {
    const { socket, told, line } = opened()
    socket.send(asks('/a'))
    socket.emit('end')
    expect(told).toEqual(['/a'])
    line.read()
    expect(told).toEqual(['/a', 'gone'])
    const other = opened()
    other.socket.emit('close')
    expect(other.told).toEqual(['gone'])
    expect(other.socket.listenerCount('data')).toBe(0)
  })

  test('that ends behind its last request gets the answer to it', () => {
    const { socket, told, line } = opened()
    socket.send(asks('/a') + asks('/b'))
    socket.emit('end')
    line.read()
    expect(told).toEqual(['/a', '/b'])
    line.read()
    expect(told).toEqual(['/a', '/b', 'gone'])
  })

  test('is left to others with the bytes behind its head, and without a listener', () => {
    const { socket, line } = opened()
    socket.send(`${asks('/a')}audio`)
    expect(Buffer.from(line.release()).toString()).toBe('audio')
    expect(['data', 'end', 'close'].map((event) => socket.listenerCount(event))).toEqual([0, 0, 0])
    line.read(Buffer.from(asks('/b')))
    expect(socket.listenerCount('data')).toBe(1)
  })

  test('that sends something else is rejected once', () => {
    const { socket, told } = opened()
    socket.send('\x16\x03\x01')
    socket.send('more')
    expect(told).toEqual(['bad 400'])
  })
})
