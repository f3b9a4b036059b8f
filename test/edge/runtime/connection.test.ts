import { describe, expect, test, vi } from 'vitest'
import { httpLimits } from '../../../edge/http/limits.ts'
import { Connection, type Serving, type Wire } from '../../../edge/runtime/connection.ts'
import { limits } from '../../../shared/limits.ts'
import { FewLines } from '../../../shared/log/few-lines.ts'
import { logged } from '../../kit/log-records.ts'

/** A connection of an edge that redirects all but own pages; its socket takes everything, or nothing. */
function connected(takes = true, badRequests = new FewLines(limits.badRequestLines)) {
  const written: string[] = []
  const calls: string[] = []
  const waiting: (() => void)[] = []
  const wire: Wire = {
    write(data: string | Uint8Array, how: unknown) {
      written.push(typeof data === 'string' ? data : Buffer.from(data).toString('latin1'))
      if (typeof how === 'function') waiting.push(() => how())
      return takes
    },
    end: () => calls.push('end'),
    destroy: () => calls.push('destroy'),
    pause: () => calls.push('pause'),
    resume: () => calls.push('resume'),
  }
  const serving: Serving = {
    nowMs: 0,
    isClosing: false,
    badRequests,
    countUnread: (bytes) => {
      unread += bytes
    },
    answers: {
      redirect: ({ path }) => (path.startsWith('/own') ? undefined : `http://s1.example${path}`),
      answer: async (request) => new Response(`${'x'.repeat(100_000)}${await request.text()}`),
    },
  }
  let unread = 0
  const connection = new Connection(wire, '192.0.2.1', '192.0.2.0', serving)
  const later = (ms: number) => {
    serving.nowMs += ms
    connection.sweep()
  }
  const take = () => waiting.shift()?.()
  return { connection, written, calls, waiting, later, take, unread: () => unread }
}

/** All that is due is done. */
const settled = () => new Promise(setImmediate)

describe('a connection', () => {
  test('reads many requests that come in one piece with work in proportion to their number', async () => {
    const work = async (requests: number) => {
      const { connection, written } = connected()
      const bytes = Buffer.from('GET /a HTTP/1.1\nHost: x\n\n'.repeat(requests))
      let looked = 0
      const original = Buffer.prototype.toString
      const spy = vi.spyOn(Buffer.prototype, 'toString').mockImplementation(function (this: Buffer, ...args) {
        looked += this.length
        return original.apply(this, args)
      })
      connection.receive(bytes)
      await settled()
      spy.mockRestore()
      expect(written.join('').match(/ 302 /g)).toHaveLength(requests)
      return looked
    }
    const [once, twice] = [await work(500), await work(1000)]
    expect(twice).toBeLessThan(2.2 * once)
  })

  test('is ended, not cut, when it was silent: what was written may still be on its way', () => {
    const { connection, calls, later } = connected()
    connection.receive(Buffer.from('GET /a HTTP/1.1\r\nHost: x\r\n\r\n'))
    later(httpLimits.idleMs - 1)
    expect(calls).toEqual([])
    later(1)
    expect(calls).toEqual(['end', 'resume'])
    later(httpLimits.refusedMs)
    expect(calls.at(-1)).toBe('destroy')
  })

  test('may take its time with a large answer as long as it takes some of it', async () => {
    const { connection, calls, waiting, later, take, unread, written } = connected()
    connection.receive(Buffer.from('GET /own HTTP/1.1\r\nHost: x\r\n\r\n'))
    await settled()
    expect(unread()).toBeGreaterThan(100_000)
    while (waiting.length > 0) {
      later(httpLimits.stallMs - 1)
      take()
    }
    expect(calls).not.toContain('destroy')
    expect(written.join('')).toMatch(/x{100000}$/)
    expect(unread()).toBe(0)
  })

  test('that takes nothing of an answer is closed, and the answer let go', async () => {
    const { connection, calls, later, unread } = connected()
    connection.receive(Buffer.from('GET /own HTTP/1.1\r\nHost: x\r\n\r\n'))
    await settled()
    later(httpLimits.stallMs)
    expect(calls.at(-1)).toBe('destroy')
    expect(unread()).toBe(0)
  })

  test('that asks on and on and reads no redirect is read no further, and closed', () => {
    const { connection, calls, later } = connected(false)
    connection.receive(Buffer.from('GET /a HTTP/1.1\r\nHost: x\r\n\r\n'))
    expect(calls).toEqual(['pause'])
    later(httpLimits.stallMs)
    expect(calls).toEqual(['pause', 'destroy'])
  })

  test('whose head or body trickles is told so when its time is over, however often something came', async () => {
    for (const first of ['GET /a HTTP/1.1\r\n', 'POST /own HTTP/1.1\r\nContent-Length: 5\r\n\r\n']) {
      const { connection, written, later } = connected()
      connection.receive(Buffer.from(first))
      await settled()
      for (let i = 0; i < 4; i++) {
        connection.receive(Buffer.from('x'))
        later(httpLimits.bodyMs / 4)
      }
      expect(written.join(''), first).toMatch(/^HTTP\/1\.1 408 /)
    }
  })

  test('that sends no request has few lines of the log, however many of them there are', async () => {
    const badRequests = new FewLines(limits.badRequestLines)
    const { burst } = limits.badRequestLines
    const records = await logged(() => {
      for (let i = 0; i < 1000; i++) connected(true, badRequests).connection.receive(Buffer.from('\x16\x03'))
      const { connection, later } = connected(true, badRequests)
      later(1000)
      connection.receive(Buffer.from('\x16\x03'))
    })
    expect(records).toHaveLength(burst + 1)
    expect(records.at(-1)?.properties).toMatchObject({ status: 400, leftOut: 1000 - burst })
  })
})
