import { Socket } from 'node:net'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, test } from 'vitest'
import { answerHere, askingOf } from '../../origin/hls/serve/answer-here.ts'
import { KeptBytes } from '../../origin/hls/serve/kept-bytes.ts'
import { followRepeats } from '../../origin/hls/serve/repeats.ts'
import { sendPieced } from '../../origin/hls/serve/send.ts'
import { ChunkedDecoder } from '../../origin/http/chunked.ts'
import type { Connection } from '../../origin/http/connection.ts'
import { beginExchange } from '../../origin/http/exchange.ts'
import { HeadReader } from '../../origin/http/head.ts'
import { HeadLine } from '../../origin/http/head-line.ts'
import { KnownHeads } from '../../origin/http/known-heads.ts'
import { Registry } from '../../shared/cluster/registry.ts'
import { KnownLines } from '../../shared/report/mount-lines.ts'
import type { Report } from '../../shared/report/report.ts'
import { parseSourcelist, printSourcelist } from '../../shared/report/sourcelist.ts'
import { knownMount, knownVia, serverOfSession } from '../kit/hls/known-session.ts'
import { mountReport, reportOf } from '../kit/parts/reports.ts'

// Memory is measured in a process of its own: to collect the garbage of all unit tests takes longer than these do.

setFlagsFromString('--expose-gc')
const collect: () => void = runInNewContext('gc')

/** Bytes of memory that are in use. */
function used(): number {
  collect()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

/** Bytes of memory retained by the result of `make`. */
function heldBy(make: () => unknown): number {
  const before = used()
  const made = make()
  const held = used() - before
  return made === undefined ? 0 : held
}

describe('an incomplete text, sent one byte at a time', () => {
  const letters = Array.from({ length: 26 }, (_, i) => Uint8Array.of(97 + i))
  const trickle = (reader: { push(bytes: Uint8Array): unknown }, start: string, size: number) => {
    reader.push(Buffer.from(start))
    for (let i = 0; i < size; i++) reader.push(letters[i % 26] ?? Buffer.from('x'))
    return reader
  }

  test.each([
    ['a head', 8000, () => trickle(new HeadReader(), 'GET /a HTTP/1.1\r\nx: ', 8000)],
    ['a first line', 8000, () => trickle(new HeadReader(), 'GET /', 8000)],
    ["a chunk's size", 4000, () => trickle(new ChunkedDecoder(() => {}), '1;', 4000)],
  ])('%s needs little more memory than its bytes', (_, size, make) => {
    make()
    // as one string per byte it was more than thirty times as much
    expect(heldBy(() => Array.from({ length: 100 }, make))).toBeLessThan(100 * 4 * size)
  })
})

test('a mount that stays keeps its own lines in memory, not the report that it came with', () => {
  const mounts = Array.from({ length: 100 }, (_, i) =>
    mountReport(`/mount${i}.mp3`, { about: { title: `the title of mount ${i} `.repeat(40).trim() } }),
  )
  let last: Report | undefined
  const known = new KnownLines(() => last)
  const read = () => {
    // as it comes from the network: one string
    const text = Buffer.from(printSourcelist(reportOf('a', { mounts }))).toString()
    last = parseSourcelist(text, known)
    return text.length
  }
  const bytes = read()
  const before = used()
  for (const [i, each] of mounts.entries()) {
    mounts[i] = { ...each, about: { title: `another title of mount ${i} `.repeat(35).trim() } }
    read()
  }
  expect(used() - before, `reports of ${bytes} bytes`).toBeLessThan(10 * bytes)
})

test('a mount at a server of a fleet takes numbers alone, outside of what a garbage collector looks at', () => {
  const [servers, mounts] = [300, 100]
  const textOf = (i: number) =>
    printSourcelist(
      reportOf(`s${i}`, {
        mounts: Array.from({ length: mounts }, (_, k) =>
          mountReport(`/m${k}`, { listeners: (i + k) % 50, joins: 1000 * i + k }),
        ),
      }),
    )
  const registryOf = (count: number) => {
    const registry = new Registry(undefined, 100, 0)
    for (let i = 0; i < count; i++) registry.put(registry.parse(textOf(i)), '', 1)
    return registry
  }
  registryOf(3)
  const objects = () => {
    collect()
    return process.memoryUsage().heapUsed
  }
  const before = { heap: objects(), all: used() }
  const registry = registryOf(servers)
  const each = (bytes: number) => bytes / (servers * mounts)
  // 61 of the heap and 161 in all, with what the server itself takes; as objects they took 278 of the heap
  expect(each(objects() - before.heap)).toBeLessThan(100)
  expect(each(used() - before.all)).toBeLessThan(220)
  expect(registry.view.servers.size).toBe(servers)
})

/** A socket that is connected to nothing and takes all bytes, without what the system keeps for one. */
class Sink extends Socket {
  override write(_bytes: Uint8Array | string, over?: unknown): boolean {
    if (typeof over === 'function') over()
    return true
  }
}

test('a connection that a player of HLS keeps holds its heads and its session, and none of the bytes that it got', () => {
  const [listeners, segmentBytes] = [500, 64_000]
  const { needs, sessions } = serverOfSession({ 17: Buffer.alloc(segmentBytes) })
  const all = {
    config: { ...needs.config, httpHeaders: [] },
    hls: { ...needs.hls, kept: new KeptBytes(), failed() {} },
    state: { load: { requests: 0 } },
  }
  const knownHeads = new KnownHeads()
  const connect = (socket: Sink, i: number) => {
    const address = `192.0.${i >> 8}.${i & 255}`
    const id = `${i}`.padStart(16, 'x')
    const told = { address, userAgent: undefined, referer: undefined, user: undefined, path: '/' }
    const accepted = {
      ...told,
      mount: knownMount,
      version: '1.1',
      deadlineMs: undefined,
      leave() {},
    } as const
    const session = sessions.accept(`${knownMount} ${id}`, accepted, 4)
    const line: HeadLine = new HeadLine(socket, knownHeads, {
      onHead(head) {
        const rest = new Uint8Array()
        const exchange = beginExchange(head, address, 0)
        const connection: Connection = {
          ...{
            socket,
            address,
            secure: false,
            via: knownVia,
            head,
            exchange,
            rest,
            line,
            answered: 0,
            mayStay: true,
          },
          readNext: () => line.read(),
          repeat() {},
        }
        const object = { kind: 'segment', number: 17, extension: 'mp3' } as const
        const isMedia = head.path.includes('media')
        const answer = answerHere(session, askingOf(head), isMedia ? { kind: 'media' } : object, all)
        if (!answer) throw new Error('it is not answered here')
        followRepeats(connection, session, all)
        sendPieced(connection, answer, [], all.hls.kept)
      },
      onBad() {},
      onGone() {},
    })
    line.read()
    for (let round = 0; round < 3; round++)
      for (const [name, more] of [
        ['media.m3u8', 'Accept-Encoding: gzip\r\n'],
        ['17.mp3', ''],
      ]) {
        const head = `GET /hls/live.mp3/${name}?s=${id} HTTP/1.1\r\nHost: a\r\nUser-Agent: player\r\n${more}\r\n`
        socket.emit('data', Buffer.from(head, 'latin1'))
      }
    return line
  }
  const sockets = Array.from({ length: listeners }, () => new Sink())
  const held = heldBy(() => sockets.map(connect))
  expect(all.state.load.requests).toBe(listeners * 4) // of six, two were read
  expect(held / listeners).toBeLessThan(8000) // 6,000 on Node 24
})
