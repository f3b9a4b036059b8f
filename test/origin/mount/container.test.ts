import { describe, expect, test } from 'vitest'
import type { OriginLimits } from '../../../origin/config/config.ts'
import { formatLimits } from '../../../origin/format/limits.ts'
import { limits } from '../../../origin/limits.ts'
import type { FeedInfo } from '../../../origin/mount/feed.ts'
import { createState } from '../../../origin/state.ts'
import { numberedFrame } from '../../kit/audio/numbered-frames.ts'
import { ManualTime } from '../../kit/base/manual-time.ts'
import { mountOf } from '../../kit/parts/reports.ts'
import { limitsWith } from '../../kit/parts/server-limits.ts'
import { clustersOf, fixture } from '../../kit/process/fixtures.ts'
import { FakeWire } from '../../kit/wire/wire.ts'

const name = mountOf('/live.ogg')
const opus = fixture('opus.ogg')
const opusHeader = opus.subarray(0, 150)
const vorbis = fixture('vorbis.ogg')
const webm = fixture('opus.webm')
const clusters = clustersOf(webm)
const webmHeader = webm.subarray(0, clusters[0])
const head = Buffer.from('HTTP/1.1 200 OK\r\n\r\n')

/** A server with one mount fed by a source, on a stopped clock. */
function serverWithMount(contentType: string, over: Partial<OriginLimits> = {}) {
  const time = new ManualTime()
  const limits = limitsWith({ burst: { bytes: 2000 }, ...over })
  const state = createState({ limits }, time.nowMs, time)
  let closed: string | undefined
  const info: FeedInfo = {
    kind: 'source',
    contentType,
    headers: new Map(),
    owner: 'source',
    onClosed: (why) => {
      closed = why
    },
  }
  const feed = state.mounts.open(name, info)
  const mount = state.mounts.get(name)
  if (feed === 'in use' || !mount) throw new Error('the mount did not open')
  const push = (bytes: Uint8Array) => {
    feed.push(bytes)
    mount.flush()
  }
  const join = (icy = false) => {
    const wire = new FakeWire()
    const somebody = { address: '192.0.2.1', userAgent: undefined, connectedAtMs: 0, isRelay: false }
    return { wire, listener: mount.join(wire, head, somebody, icy) }
  }
  return { time, state, info, feed, mount, push, join, whyClosed: () => closed }
}
const heard = ({ wire }: { wire: FakeWire }) => wire.bytes.subarray(head.length)
const same = (bytes: Uint8Array, expected: Uint8Array) =>
  expect(Buffer.from(bytes).toString('hex')).toBe(Buffer.from(expected).toString('hex'))

describe('a listener of an Ogg mount', () => {
  test('gets the header, then pages from the burst, then new pages', () => {
    const { push, join } = serverWithMount('audio/ogg; codecs=opus')
    push(opus.subarray(0, 7125))
    const late = join()
    same(heard(late), Buffer.concat([opusHeader, opus.subarray(6060, 7125)]))
    push(opus.subarray(7125))
    same(heard(late), Buffer.concat([opusHeader, opus.subarray(6060)]))
  })

  test('that joined before the first byte gets all of it, once', () => {
    const { push, join } = serverWithMount('application/ogg')
    const first = join()
    push(opus.subarray(0, 100))
    const second = join()
    expect(heard(second)).toHaveLength(0)
    push(opus.subarray(100, 500))
    push(opus.subarray(500))
    same(heard(first), opus)
    same(heard(second), opus)
  })

  test('begins at a page even if the burst holds none', () => {
    const { push, join } = serverWithMount('audio/ogg', { burst: { bytes: 0 } })
    push(opus)
    same(heard(join()), Buffer.concat([opusHeader, opus.subarray(10_328)]))
  })

  test('that is listening gets the next header of a chain as it arrives, and once', () => {
    const { push, join } = serverWithMount('audio/ogg')
    push(opus)
    const listener = join()
    push(vorbis)
    same(heard(listener), Buffer.concat([opusHeader, opus.subarray(9255), vorbis]))
  })

  test('that begins before a new link gets the old header, one that begins after it the new', () => {
    const { push, join } = serverWithMount('audio/ogg', { burst: { bytes: vorbis.length + 1500 } })
    push(Buffer.concat([opus, vorbis]))
    same(heard(join()), Buffer.concat([opusHeader, opus.subarray(9255), vorbis]))
    const behind = serverWithMount('audio/ogg', { burst: { bytes: 700 } })
    behind.push(Buffer.concat([opus, vorbis]))
    same(heard(behind.join()), Buffer.concat([vorbis.subarray(0, 3542), vorbis.subarray(6623)]))
  })

  test('keeps its header even if the pages that brought it have left the queue', () => {
    const { push, join } = serverWithMount('audio/ogg', { queueBytes: 2500, burst: { bytes: 2500 } })
    for (let at = 0; at < opus.length; at += 500) push(opus.subarray(at, at + 500))
    const bytes = heard(join())
    same(bytes.subarray(0, 150), opusHeader)
    expect(opus.indexOf(bytes.subarray(150))).toBeGreaterThan(7000)
  })

  test('shares one copy of header and pages with all others', () => {
    const { push, join } = serverWithMount('audio/ogg')
    push(opus)
    const memory = new Set(
      Array.from({ length: 50 }, () => join().wire.writes.flat().slice(1))
        .flat()
        .map(({ buffer }) => buffer),
    )
    expect(memory.size).toBe(2)
  })

  test('hears the new stream when the same source reconnects, without an incomplete page before it', async () => {
    const { state, info, time, push, join } = serverWithMount('audio/ogg')
    push(opus.subarray(0, 5500))
    const listener = join()
    await time.pass(5000)
    const again = state.mounts.open(name, info)
    if (again === 'in use') expect.fail('the source was not accepted')
    again.push(vorbis)
    state.mounts.get(name)?.flush()
    same(heard(listener), Buffer.concat([opusHeader, opus.subarray(3926, 4993), vorbis]))
  })

  test('is closed if the mount changes its format, and no new listener gets the old bytes', async () => {
    const { state, info, time, push, join } = serverWithMount('audio/ogg')
    push(opus)
    const listener = join()
    await time.pass(5000)
    const again = state.mounts.open(name, { ...info, contentType: 'video/webm' })
    if (again === 'in use') expect.fail('the source was not accepted')
    expect(listener.wire.ended).toBe(true)
    const next = join()
    again.push(webm)
    state.mounts.get(name)?.flush()
    same(heard(next), webm)
  })
})

test('a mount that changes from MP3 to AAC sends no MP3 any more, with metadata or without', async () => {
  const { state, info, time, push, join } = serverWithMount('audio/mpeg')
  push(Buffer.concat(Array.from({ length: 50 }, (_, n) => numberedFrame(n))))
  expect(heard(join(true)).length).toBeGreaterThan(0)
  await time.pass(5000)
  expect(state.mounts.open(name, { ...info, contentType: 'audio/aacp' })).not.toBe('in use')
  expect(heard(join(true))).toHaveLength(0)
  expect(heard(join())).toHaveLength(0)
})

describe('a listener of a WebM mount', () => {
  test('gets the header, then Clusters from the burst, then new Clusters', () => {
    const { push, join } = serverWithMount('audio/webm', { burst: { bytes: 4000 } })
    push(webm.subarray(0, 9000))
    const late = join()
    push(webm.subarray(9000))
    const cluster = clusters.find((at) => at >= 5000)
    same(heard(late), Buffer.concat([webmHeader, webm.subarray(cluster)]))
  })

  test('begins at the newest Cluster if the burst holds none', () => {
    const { push, join } = serverWithMount('audio/webm', { burst: { bytes: 100 } })
    push(webm)
    same(heard(join()), Buffer.concat([webmHeader, webm.subarray(clusters.at(-1))]))
  })

  test('waits for the next Cluster if the queue holds none, and may leave meanwhile', () => {
    const { push, join, mount } = serverWithMount('audio/webm', { queueBytes: 600, burst: { bytes: 600 } })
    const [, second = 0, third = 0] = clusters
    for (let at = 0; at < third - 100; at += 100) push(webm.subarray(at, Math.min(at + 100, third - 100)))
    const waits = join()
    const leaves = join()
    expect(mount.listeners).toBe(2)
    mount.leave(leaves.listener)
    expect(third - second).toBeGreaterThan(700)
    expect(heard(waits)).toHaveLength(0)
    push(webm.subarray(third - 100, third + 300))
    push(webm.subarray(third + 300))
    same(heard(waits), Buffer.concat([webmHeader, webm.subarray(third)]))
    expect(heard(leaves)).toHaveLength(0)
    expect(mount.listeners).toBe(1)
  })

  test('waits for a Cluster for a limited time, then begins at the next bytes', async () => {
    const { time, push, join } = serverWithMount('audio/webm', { queueBytes: 600, burst: { bytes: 600 } })
    const [, , third = 0] = clusters
    for (let at = 0; at < third - 300; at += 100) push(webm.subarray(at, Math.min(at + 100, third - 300)))
    const waits = join()
    await time.pass(limits.keyFrameWaitMs)
    push(webm.subarray(third - 300, third - 100))
    const got = heard(waits)
    expect(got.length).toBeGreaterThan(webmHeader.length)
    same(got.subarray(0, webmHeader.length), webmHeader)
    same(
      webm.subarray(0, third - 100).subarray(-(got.length - webmHeader.length)),
      got.subarray(webmHeader.length),
    )
  })
})

describe('the mount of a container', () => {
  test('is named after the comments of the link that plays', () => {
    const { push, mount } = serverWithMount('audio/ogg')
    push(opus.subarray(0, 150))
    expect(mount.title).toBe('')
    push(opus.subarray(150))
    expect(mount.title).toBe('Ä - Ünder')
  })

  test('offers no ICY metadata', () => {
    expect(serverWithMount('audio/ogg; codecs=opus').mount.takesIcy).toBe(false)
    expect(serverWithMount('Audio/WebM;codecs=opus').mount.takesIcy).toBe(false)
  })

  test('is closed with a reason if its source sends something else', () => {
    const { feed, state, whyClosed } = serverWithMount('audio/ogg')
    feed.push(new Uint8Array(formatLimits.noiseBytesMax + 1).fill(0x55))
    expect(whyClosed()).toBe(`${formatLimits.noiseBytesMax} bytes in a row that are not Ogg pages`)
    expect(state.mounts.get(name)).toBeUndefined()
  })
})
