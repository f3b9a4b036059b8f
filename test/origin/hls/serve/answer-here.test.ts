import { Socket } from 'node:net'
import { describe, expect, test } from 'vitest'
import { answerHere, askingOf, type HereDeps, sessionHere } from '../../../../origin/hls/serve/answer-here.ts'
import { KeptBytes } from '../../../../origin/hls/serve/kept-bytes.ts'
import { sendPieced } from '../../../../origin/hls/serve/send.ts'
import { beginExchange } from '../../../../origin/http/exchange.ts'
import type { Head } from '../../../../origin/http/head.ts'
import type { HlsObject } from '../../../../shared/hls/paths.ts'
import { knownId, knownMount, knownVia, serverOfSession } from '../../../kit/hls/known-session.ts'

const [live, id] = [knownMount, knownId]
const bytes = Buffer.alloc(64_000, 7)
/** of all answers: their heads have the same date */
const nowMs = 1_800_000_000_000
/** configured headers: the same list for all */
const rules = [] as const
const media: HlsObject = { kind: 'media' }
const segment: HlsObject = { kind: 'segment', number: 17, extension: 'mp3' }

/** A server that has one session, a playlist, and segment 17. */
function server(): { deps: HereDeps } & Pick<ReturnType<typeof serverOfSession>, 'load' | 'waits'> {
  const { needs, load, waits } = serverOfSession({ 17: bytes })
  return { deps: needs, load, waits }
}

/** What a request gets of a server, without a promise. */
function here(head: Head, object: HlsObject, deps: HereDeps) {
  const session = sessionHere(head, live, deps)
  return session && answerHere(session, askingOf(head), object, deps)
}

const headOf = (query: string, over: Partial<Head> = {}): Head => ({
  method: 'GET',
  path: '/hls/live.mp3/media.m3u8',
  query,
  version: '1.1',
  headers: new Map(),
  ...over,
})

/** A connection whose system accepts all at once, or nothing; what it is asked for is counted. */
function connected(head: Head, accepts: boolean) {
  const socket = new Socket()
  const counts = { writes: 0, callbacks: 0, next: 0, listeners: 0, pauses: 0 }
  const before = socket.eventNames().length
  const called: (() => void)[] = []
  socket.write = (_: unknown, call?: unknown) => {
    counts.writes++
    if (typeof call === 'function') called.push(() => call())
    return true
  }
  socket.pause = () => {
    counts.pauses++
    return socket
  }
  Object.defineProperty(socket, 'writableLength', { get: () => (accepts ? 0 : 64_000) })
  const exchange = beginExchange(head, '192.0.2.1', 0)
  const connection = {
    ...{
      socket,
      head,
      exchange,
      via: knownVia,
      line: undefined,
      rest: new Uint8Array(),
      secure: false,
      answered: 1,
    },
    ...{ address: '192.0.2.1', mayStay: false, readNext: () => void counts.next++, repeat: undefined },
  }
  const tell = () => ({ ...counts, callbacks: called.length, listeners: socket.eventNames().length - before })
  return { connection, tell, accept: () => called.splice(0).map((call) => call()), socket }
}

describe('a request of a known session for what is here', () => {
  test('is answered at once, without a promise, and counted', () => {
    const { deps, load, waits } = server()
    expect(here(headOf(`?s=${id}`), media, deps)?.status).toBe(200)
    expect(load.listeners).toBe(0)
    expect(here(headOf(`?s=${id}`), segment, deps)?.bytes).toBe(64_000)
    expect([load.listeners, waits()]).toEqual([1, 0])
    expect(load.bytesSent).toBeGreaterThan(64_000)
  })

  test('is one write: no callback, no listener and no timer, where the system accepts it', () => {
    const { deps } = server()
    const kept = new KeptBytes()
    const head = headOf(`?s=${id}`)
    const ask = (object: HlsObject) => {
      const answer = here(head, object, deps)
      const { connection, tell } = connected(head, true)
      if (answer) sendPieced(connection, answer, rules, kept, nowMs)
      return tell()
    }
    ask(segment) // the first of a second gets head and body apart
    for (const object of [media, segment, media, segment])
      expect(ask(object)).toEqual({ writes: 1, callbacks: 0, next: 1, listeners: 0, pauses: 0 })
  })

  test('of which the system accepts only a part: the next request is read when it has the rest', () => {
    const { deps } = server()
    const kept = new KeptBytes()
    const head = headOf(`?s=${id}`)
    for (let i = 0; i < 3; i++) {
      const answer = here(head, segment, deps)
      const { connection, tell, accept, socket } = connected(head, false)
      if (answer) sendPieced(connection, answer, rules, kept, nowMs)
      expect(tell().next).toBe(0)
      accept()
      expect(tell().next).toBe(1)
      socket.destroy()
    }
  })
})

test('all other requests are left to the way that may have to wait', () => {
  const { deps } = server()
  const unsaid = [
    [headOf(''), media],
    [headOf('?s=AbCdEfGhIjKlMnOq'), media],
    [headOf(`?s=${id}`, { method: 'HEAD' }), media],
    [headOf(`?s=${id}`, { headers: new Map([['authorization', 'Basic cmVsYXk6eA==']]) }), segment],
    [headOf(`?s=${id}`), { ...segment, number: 18 }],
    [headOf(`?s=${id}`), { kind: 'init', number: 0 }],
    [headOf(`?s=${id}`), { kind: 'steering' }],
  ] as const
  for (const [head, object] of unsaid) expect(here(head, object, deps)).toBeUndefined()
})
