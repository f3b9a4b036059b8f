import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, onTestFinished, test } from 'vitest'
import { mediaClock } from '../../../origin/media/clock.ts'
import { FileFeed } from '../../../origin/media/file-feed.ts'
import { mediaLimits } from '../../../origin/media/limits.ts'
import { FileMounts } from '../../../origin/mount/file-mounts.ts'
import type { Listener } from '../../../origin/mount/stream/listener.ts'
import { createState } from '../../../origin/state.ts'
import { numberedFrame, numbersInOrder } from '../../kit/audio/numbered-frames.ts'
import { eventually } from '../../kit/base/eventually.ts'
import { ManualTime } from '../../kit/base/manual-time.ts'
import { settingsOf } from '../../kit/parts/mount-settings.ts'
import { mountOf } from '../../kit/parts/reports.ts'
import { limitsWith } from '../../kit/parts/server-limits.ts'
import { clustersOf, fixture } from '../../kit/process/fixtures.ts'
import { FakeWire } from '../../kit/wire/wire.ts'

const frames = (count: number) => Buffer.concat(Array.from({ length: count }, (_, i) => numberedFrame(i)))
const frameMs = (1152 / 44_100) * 1000

/** A file in memory. */
function fileOf(bytes: Uint8Array) {
  const file = {
    isClosed: false,
    read: async (buffer: Uint8Array, _offset: number, length: number, position: number) => {
      const piece = bytes.subarray(position, position + length)
      buffer.set(piece)
      return { bytesRead: piece.length }
    },
    close: async () => {
      file.isClosed = true
    },
  }
  return file
}

/** Plays a file on a clock that the test moves. */
function player(bytes: Uint8Array, contentType = 'audio/mpeg') {
  const time = new ManualTime()
  const file = fileOf(bytes)
  const pieces: Uint8Array[] = []
  const rounds: number[] = []
  const sink = {
    push: (piece: Uint8Array) => pieces.push(piece.slice()),
    breakOff: () => rounds.push(time.nowMs()),
  }
  const feed = new FileFeed(file, contentType, sink, { nowMs: time.nowMs, timers: time })
  let begun = 0
  const ended = feed.play(() => begun++)
  return { time, feed, file, ended, rounds, begun: () => begun, played: () => Buffer.concat(pieces) }
}

describe('a file used as a feed', () => {
  test('is sent at playback speed, a second ahead (docs/icecast.md#fallbacks-and-moves)', async () => {
    const { time, feed, ended, played } = player(frames(2000))
    for (const seconds of [0, 1, 5, 20]) {
      await time.pass(seconds * 1000 - time.nowMs())
      const playedMs = numbersInOrder(played()).count * frameMs
      expect(playedMs - time.nowMs()).toBeGreaterThan(mediaLimits.aheadMs - 100)
      expect(playedMs - time.nowMs()).toBeLessThan(mediaLimits.aheadMs + 300)
    }
    feed.stop()
    await ended
  })

  test('starts again at its end, without hurry and without a pause', async () => {
    const { time, feed, ended, rounds } = player(frames(100))
    await time.pass(60_000)
    const lengthMs = 100 * frameMs
    expect(rounds.length).toBe(Math.floor((60_000 + mediaLimits.aheadMs) / lengthMs))
    feed.stop()
    await ended
  })

  test('in WebM sends its header once: players treat a second one as the end of the stream', async () => {
    const webm = fixture('opus.webm')
    const { time, feed, ended, played } = player(webm, 'audio/webm')
    await time.pass(7000)
    feed.stop()
    await ended
    const [first = 0] = clustersOf(webm)
    const twice = Buffer.concat([webm, webm.subarray(first)])
    expect(played().subarray(0, twice.length).equals(twice)).toBe(true)
  })

  test('reports when there is enough to begin with, also for a file shorter than the lead', async () => {
    for (const count of [10, 500]) {
      const { time, feed, ended, begun } = player(frames(count))
      await time.pass(0)
      expect(begun()).toBeGreaterThan(0)
      feed.stop()
      await ended
    }
  })

  test('skips a cover picture in no time', async () => {
    const tag = Buffer.concat([Buffer.from('ID3\x04\0\0\0\x0c\0\0', 'latin1'), Buffer.alloc(12 * 16_384)])
    const { time, feed, ended, played } = player(Buffer.concat([tag, frames(500)]))
    await time.pass(0)
    expect(played().length).toBeGreaterThan(tag.length)
    feed.stop()
    await ended
  })

  test.each([
    ['of another format than its name says', new Uint8Array(2_000_000).fill(0x55), 'no audio in its first'],
    ['without a sound', new Uint8Array(100), 'it contains no audio'],
    ['that is empty', new Uint8Array(0), 'it contains no audio'],
  ])('%s is closed and says why', async (_, bytes, why) => {
    const { ended, file } = player(bytes)
    await expect(ended).rejects.toThrow(why)
    expect(file.isClosed).toBe(true)
  })

  test.each([
    ['audio/ogg', 'opus.ogg'],
    ['audio/ogg', 'vorbis.ogg'],
    ['audio/ogg', 'flac.ogg'],
    ['audio/webm', 'opus.webm'],
  ])('of %s is timed by what it says itself (%s)', (contentType, name) => {
    const clock = mediaClock(contentType)
    const bytes = fixture(name)
    for (let at = 0; at < bytes.length; at += 500) clock?.push(bytes.subarray(at, at + 500))
    // two seconds of sound in total
    expect(clock?.playedMs).toBeGreaterThan(1900)
    expect(clock?.playedMs).toBeLessThan(2100)
  })
})

describe('a file as fallback', () => {
  const webroot = mkdtempSync(join(tmpdir(), 'distributary-'))
  afterAll(() => rmSync(webroot, { recursive: true }))
  writeFileSync(join(webroot, 'sorry.mp3'), frames(200))
  writeFileSync(join(webroot, 'other.ogg'), fixture('opus.ogg'))
  writeFileSync(join(webroot, 'wrong.mp3'), new Uint8Array(5000))

  /** A server with a live mount that falls back to a file, on a clock that the test moves. */
  function server(file: string, over: object = {}) {
    const time = new ManualTime()
    const fallback = { mount: mountOf(file), override: 'own', whenFull: false, ...over } as const
    const config = {
      limits: limitsWith(),
      mounts: settingsOf({ '/live': { fallback }, '/news': { fallback } }),
      paths: { webroot },
    }
    const { mounts, load } = createState(config, time.nowMs, time)
    const feedOf = (path: string) => {
      const info = { kind: 'source', contentType: 'audio/mpeg', headers: new Map(), owner: 'source' } as const
      const feed = mounts.open(mountOf(path), info)
      if (feed === 'in use') throw new Error('in use')
      return feed
    }
    const listeners: Listener[] = []
    const listen = (path: string) => {
      const wire = new FakeWire()
      const info = { address: '', userAgent: undefined, connectedAtMs: 0, isRelay: false }
      const listener = mounts.get(mountOf(path))?.join(wire, new Uint8Array(), info, false)
      if (listener) listeners.push(listener)
      return wire
    }
    // a file that plays stays open
    onTestFinished(() => {
      for (const listener of listeners) listener.leave()
      mounts.expire()
    })
    return { time, mounts, load, feedOf, listen }
  }
  /** lets the disk answer, and the clock move meanwhile */
  const until = (time: ManualTime, isSo: () => boolean) =>
    eventually(
      async () => {
        await time.pass(50)
        return isSo()
      },
      { everyMs: 1 }, // the clock is the test's own: only the file is waited for
    )

  test('is heard on the same connection by all listeners moved to it, and read once for them', async () => {
    const { time, mounts, load, feedOf, listen } = server('/sorry.mp3')
    const feeds = ['/live', '/news'].map(feedOf)
    for (const feed of feeds) feed.push(frames(10))
    const wires = ['/live', '/news'].map(listen)
    for (const feed of feeds) feed.end()
    await until(time, () => wires.every((wire) => wire.bytes.length > frames(10).length + 50_000))
    for (const wire of wires) expect(wire.ended).toBe(false)
    expect(load.listeners).toBe(2)
    expect(mounts.list()).toEqual([]) // no report and no list names it
    const memory = wires.map((wire) => wire.writes.at(-1)?.at(-1)?.buffer)
    expect(memory[0]).toBe(memory[1])
  })

  test('is left when the source returns, and stops without listeners', async () => {
    const { time, mounts, feedOf, listen } = server('/sorry.mp3')
    const feed = feedOf('/live')
    feed.push(frames(10))
    const wire = listen('/live')
    feed.end()
    await until(time, () => wire.bytes.length > frames(10).length)
    feedOf('/live').push(frames(100))
    expect(mounts.get(mountOf('/live'))?.listeners).toBe(1)
    mounts.expire()
    await time.pass(5000)
    const found = mounts.find(mountOf('/news'))
    expect(found).toEqual({ kind: 'file', name: '/sorry.mp3' })
  })

  test.each([
    ['that is not there', '/nowhere.mp3'],
    ['that holds no sound', '/wrong.mp3'],
    ['of another format', '/other.ogg'],
  ])('%s closes the listeners', async (_, file) => {
    const { time, load, feedOf, listen } = server(file)
    const feed = feedOf('/live')
    feed.push(frames(10))
    const wire = listen('/live')
    feed.end()
    await until(time, () => wire.ended)
    expect(load.listeners).toBe(0)
  })

  test('is recognized by its extension alone: other files cannot be played', () => {
    const time = new ManualTime()
    const files = new FileMounts({
      nowMs: time.nowMs,
      timers: time,
      webroot: () => webroot,
      create: () => {
        throw new Error('none begins')
      },
    })
    expect(
      ['/a.mp3', '/a.ogg', '/a.aac', '/a.webm', '/a.html', '/a'].map((path) => files.isFile(mountOf(path))),
    ).toEqual([true, true, true, true, false, false])
  })
})
