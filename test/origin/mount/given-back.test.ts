import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { Packager } from '../../../origin/hls/packager.ts'
import { ChunkedDecoder } from '../../../origin/http/chunked.ts'
import { Deinterleaver } from '../../../origin/icy/deinterleaver.ts'
import { giveBack } from '../../../origin/lib/bytes.ts'
import type { Feed } from '../../../origin/mount/feed.ts'
import type { ActiveMount } from '../../../origin/mount/mount.ts'
import type { MountTap } from '../../../origin/mount/tap.ts'
import { createState } from '../../../origin/state.ts'
import { numberedFrame } from '../../kit/audio/numbered-frames.ts'
import { oggComments, oggPage } from '../../kit/audio/ogg.ts'
import { cluster, simpleBlock, webmHeader } from '../../kit/audio/webm.ts'
import { eventually } from '../../kit/base/eventually.ts'
import { ManualTime } from '../../kit/base/manual-time.ts'
import { repetitions } from '../../kit/base/repetitions.ts'
import { settingsOf } from '../../kit/parts/mount-settings.ts'
import { mountOf } from '../../kit/parts/reports.ts'
import { limitsWith } from '../../kit/parts/server-limits.ts'
import { FakeWire } from '../../kit/wire/wire.ts'

const isOn = vi.hoisted(() => ({ value: true }))
const gives = vi.hoisted(() => ({ count: 0 }))
// the same world twice: with memory that is given back, and without
vi.mock('../../../origin/lib/bytes.ts', async (original) => {
  const real = await original<typeof import('../../../origin/lib/bytes.ts')>()
  return {
    ...real,
    giveBack(bytes: Uint8Array) {
      if (!isOn.value) return
      const { length } = bytes
      real.giveBack(bytes)
      if (bytes.length < length) gives.count++
    },
  }
})

/** What a source of each kind sends, part by part. */
const sources = {
  'audio/mpeg': (n: number) => numberedFrame(n),
  'audio/unknown': (n: number) => Buffer.alloc(400, n + 1),
  'application/ogg': (n: number) => {
    const link = Math.floor(n / 40)
    const at = { serial: link + 1, sequence: n % 40 }
    const head = Buffer.concat([Buffer.from('OpusHead\u0001\u0002'), Buffer.alloc(9)])
    if (n % 40 === 0) return oggPage([head], { ...at, isBos: true })
    if (n % 40 === 1) return oggPage([oggComments('OpusTags', `TITLE=${link}`)], at)
    return oggPage([Buffer.alloc(300, n)], { ...at, granule: (n % 40) * 960 })
  },
  'video/webm': (n: number) =>
    n % 60 === 0 ? webmHeader(['audio']) : cluster(n * 100, [simpleBlock({ bytes: 300 + (n % 7) })]),
} as const

type Kind = keyof typeof sources
type Act =
  | { do: 'send'; parts: number }
  | { do: 'join'; icy: boolean; other: boolean }
  | {
      do: 'leave' | 'block' | 'drain' | 'move' | 'back' | 'follow' | 'unfollow' | 'package' | 'tail' | 'title'
    }
  | { do: 'wait'; ms: number }
  | { do: 'again' }

const acts = fc.array(
  fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({ do: fc.constant('send' as const), parts: fc.integer({ min: 1, max: 30 }) }),
    },
    {
      weight: 2,
      arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 1500 }) }),
    },
    fc.record({ do: fc.constant('join' as const), icy: fc.boolean(), other: fc.boolean() }),
    fc.record({
      do: fc.constantFrom(
        ...([
          'leave',
          'block',
          'drain',
          'move',
          'back',
          'follow',
          'unfollow',
          'package',
          'tail',
          'title',
          'again',
        ] as const),
      ),
    }),
  ),
  { minLength: 5, maxLength: 60 },
)

interface Plan {
  kind: Kind
  framing: 'none' | 'chunked' | 'icy'
  pieceBytes: number
  acts: Act[]
}

/** How the bytes of a source reach its mount: as they are, as a chunked body, or with titles between them. */
function pipe(framing: Plan['framing'], feed: () => Feed) {
  const push = (bytes: Uint8Array) => feed().push(bytes)
  if (framing === 'none') return { push, wrap: (bytes: Uint8Array) => bytes }
  if (framing === 'chunked') {
    const decoder = new ChunkedDecoder(push)
    const wrap = (bytes: Uint8Array) =>
      Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from('\r\n')])
    return { push: (bytes: Uint8Array) => decoder.push(bytes), wrap }
  }
  const metaint = 700
  const splitter = new Deinterleaver(metaint, {
    audio: push,
    metadata: ({ title }) => feed().setTitle(title),
  })
  let since = 0
  const wrap = (bytes: Uint8Array) => {
    const woven: Uint8Array[] = []
    for (let at = 0; at < bytes.length; ) {
      const audio = bytes.subarray(at, at + metaint - since)
      woven.push(audio)
      at += audio.length
      since += audio.length
      if (since < metaint) continue
      since = 0
      const block = Buffer.alloc(33)
      block[0] = 2
      block.write(`StreamTitle='${bytes.length}';`, 1)
      woven.push(block)
    }
    return Buffer.concat(woven)
  }
  return { push: (bytes: Uint8Array) => splitter.push(bytes), wrap }
}

/** Everything that anybody has got of such a world at its end, by the very memory that was handed out. */
async function play({ kind, framing, pieceBytes, acts }: Plan): Promise<Buffer[]> {
  const time = new ManualTime()
  const limits = limitsWith({ burst: { bytes: 3000 }, queueBytes: 9000 })
  const settings = { metaintBytes: 1000 }
  const state = createState(
    { limits, mounts: settingsOf({ '/a': settings, '/b': settings }) },
    time.nowMs,
    time,
  )
  const info = { kind: 'source', contentType: kind, headers: new Map(), owner: 'x' } as const
  const opened = ['/a', '/b'].map((path) => {
    const name = mountOf(path)
    const open = () => {
      const feed = state.mounts.open(name, info)
      const mount = state.mounts.get(name)
      if (feed === 'in use' || !mount) throw new Error('not opened')
      return { feed, mount }
    }
    let { feed, mount } = open()
    let n = 0
    const source = pipe(framing, () => feed)
    const send = (parts: number) => {
      const whole = Buffer.concat(Array.from({ length: parts }, () => source.wrap(sources[kind](n++))))
      for (let at = 0; at < whole.length; at += pieceBytes) {
        const bytes = Uint8Array.from(whole.subarray(at, at + pieceBytes)) // as a socket hands it out
        source.push(bytes)
        giveBack(bytes)
      }
    }
    const again = () => {
      feed.end()
      ;({ feed, mount } = open())
    }
    return { name, send, again, feed: () => feed, mount: () => mount }
  })
  const [a, b] = opened
  if (!a || !b) throw new Error('there are two')
  const wires: FakeWire[] = []
  const got: Uint8Array[] = []
  const leave: (() => void)[] = []
  let packager: Packager | undefined
  const followed = (mount: ActiveMount) => {
    const tap: MountTap = { chunk: ({ bytes }) => got.push(bytes), title() {}, broken() {} }
    const { chunks, leave } = mount.follow(tap)
    got.push(...chunks.map(({ bytes }) => bytes))
    return leave
  }
  const does: { [Name in Act['do']]: (act: Extract<Act, { do: Name }>) => unknown } = {
    send: ({ parts }) => opened.map((each) => each.send(parts)),
    async wait({ ms }) {
      await time.pass(ms)
      state.mounts.expire()
    },
    join({ icy, other }) {
      const wire = new FakeWire()
      const listener = { address: '', userAgent: undefined, connectedAtMs: 0, isRelay: false }
      const { mount } = other ? b : a
      mount().join(wire, new Uint8Array(), listener, icy)
      wires.push(wire)
    },
    leave: () =>
      a
        .mount()
        .everyone.slice(0, 1)
        .map((each) => a.mount().leave(each)),
    block: () => wires.at(-1)?.block(),
    drain: () => wires.at(-1)?.drain(),
    move: () => state.mounts.move(a.name, b.name),
    back: () => state.mounts.move(b.name, a.name),
    follow: () => leave.push(followed(a.mount())),
    unfollow: () => leave.splice(0).map((each) => each()),
    package: () => {
      packager ??= new Packager(a.mount(), {
        ...{ segmentSeconds: 1, windowSeconds: 12, isSteered: false, heldSecondsMax: 12 },
        ...{ nowMs: time.nowMs, wallMs: () => 1e12 + time.nowMs(), onSegment() {} },
        first: () => ({ segment: 1, discontinuity: 0 }),
      })
    },
    tail: () => got.push(a.mount().tail(5000), a.mount().header),
    title: () => a.feed().setTitle(`title ${wires.length}`),
    again: () => a.again(),
  }
  for (const act of acts) await does[act.do](act as never)
  packager?.stop()
  const segments = packager?.window.segments.flatMap(({ pieces }) => pieces) ?? []
  for (const { feed } of opened) feed().end()
  return [...wires.map(({ bytes }) => bytes), Buffer.concat(got), Buffer.concat(segments)]
}

/** The same with memory that is given back, and without. */
async function both(plan: Plan): Promise<[Buffer[], Buffer[]]> {
  isOn.value = true
  const given = await play(plan)
  isOn.value = false
  return [given, await play(plan)]
}

describe('memory that is given back', () => {
  const plans = fc.record({
    kind: fc.constantFrom(...(['audio/mpeg', 'audio/unknown', 'application/ogg', 'video/webm'] as const)),
    framing: fc.constantFrom(...(['none', 'chunked', 'icy'] as const)),
    pieceBytes: fc.integer({ min: 1, max: 5000 }),
    acts,
  })

  test('is that of nobody: listeners, slow ones, those who move or have left, packagers and readers get the same as without', async () => {
    gives.count = 0
    await fc.assert(
      fc.asyncProperty(plans, async (plan) => {
        const [given, kept] = await both(plan)
        expect(given.map((bytes) => bytes.toString('latin1'))).toEqual(
          kept.map((bytes) => bytes.toString('latin1')),
        )
      }),
      // to look for a shorter world that fails would take minutes
      { numRuns: repetitions(100), endOnFailure: true },
    )
    expect(gives.count).toBeGreaterThan(100)
  })

  test.each(['audio/mpeg', 'application/ogg', 'video/webm'] as const)(
    'leaves the header and the burst of %s to a listener who comes after a long time without one',
    async (kind) => {
      const silence: Act[] = Array.from({ length: 20 }, () => ({ do: 'send', parts: 30 }))
      const acts: Act[] = [...silence, { do: 'join', icy: false, other: false }, { do: 'send', parts: 10 }]
      const [given, kept] = await both({ kind, framing: 'none', pieceBytes: 1400, acts })
      expect(given[0]?.length).toBeGreaterThan(2000)
      expect(given.map((bytes) => bytes.toString('latin1'))).toEqual(
        kept.map((bytes) => bytes.toString('latin1')),
      )
    },
  )
})

test('a file that gets a copy of a stream, and writes it later, has every byte of it', async () => {
  isOn.value = true
  const folder = mkdtempSync(join(tmpdir(), 'given-back-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const dumpFile = join(folder, 'dump.mp3')
  const time = new ManualTime()
  const limits = limitsWith({ burst: { bytes: 3000 }, queueBytes: 9000 })
  const state = createState({ limits, mounts: settingsOf({ '/a': { dumpFile } }) }, time.nowMs, time)
  const info = { kind: 'source', contentType: 'audio/mpeg', headers: new Map(), owner: 'x' } as const
  const feed = state.mounts.open(mountOf('/a'), info)
  if (feed === 'in use') throw new Error('not opened')
  const frames = Array.from({ length: 1000 }, (_, n) => numberedFrame(n))
  for (const frame of frames) {
    const bytes = Uint8Array.from(frame)
    feed.push(bytes)
    giveBack(bytes)
    await time.pass(26)
  }
  feed.end()
  const whole = Buffer.concat(frames)
  await eventually(() => readFileSync(dumpFile).length === whole.length)
  expect(readFileSync(dumpFile).equals(whole)).toBe(true)
})
