import { describe, expect, test } from 'vitest'
import { relayLimits } from '../../../origin/relay/limits.ts'
import { numberedFrame } from '../../kit/audio/numbered-frames.ts'
import { relaysInMemory } from '../../kit/parts/relays.ts'
import { mountOf } from '../../kit/parts/reports.ts'

describe('mirrored mounts', () => {
  test('S7: a mount starts when the list names it and its master sends, and ends when the list no longer names it', async () => {
    const { list, play, live, relays, pulls, time } = relaysInMemory()
    list('/live.mp3\r\n')
    expect(live()).toBeUndefined()
    play(0, 10)
    expect(live()?.kind).toBe('relay')
    expect(relays.isMirrored(mountOf('/live.mp3'))).toBe(true)
    list('')
    await time.pass(10_000)
    expect(live()).toBeUndefined()
    expect(relays.isMirrored(mountOf('/live.mp3'))).toBe(false)
    expect(pulls[0]?.closed).toBe(true)
  })

  test('a running relay outlives a list without it: the edge that made the list may just have restarted', async () => {
    const { list, play, live, time } = relaysInMemory()
    list('/live.mp3\r\n')
    play(0, 10)
    list('')
    await time.pass(9000)
    list('/live.mp3\r\n')
    await time.pass(60_000)
    expect(live()?.kind).toBe('relay')
  })

  test('one that never ran ends when it is no longer listed', () => {
    const { list, relays, pulls } = relaysInMemory()
    list('/live.mp3\r\n')
    list('')
    expect(relays.isMirrored(mountOf('/live.mp3'))).toBe(false)
    expect(pulls[0]?.closed).toBe(true)
  })

  test('an absolute URL is pulled from the host that it names', () => {
    const { list, pulls } = relaysInMemory()
    list('http://other.example:8001/live.mp3\r\n/two.mp3\r\n')
    expect(pulls.map(({ url }) => url)).toEqual([
      'http://other.example:8001/live.mp3',
      'http://m.example/two.mp3',
    ])
  })

  test('credentials are sent only to the master and the hosts in its list', () => {
    const { list, newest } = relaysInMemory()
    list('https://named.example/live.mp3\r\n')
    const { authorizationFor } = newest().options
    expect(authorizationFor('http://m.example')).toBe('Basic secret')
    expect(authorizationFor('https://named.example')).toBe('Basic secret')
    expect(authorizationFor('http://named.example')).toBeUndefined()
    expect(authorizationFor('http://elsewhere.example')).toBeUndefined()
  })

  test('a local source on a mirrored name stays, and the relay waits', async () => {
    const { list, newest, state, time, pulls, live } = relaysInMemory()
    state.mounts.open(mountOf('/live.mp3'), {
      kind: 'source',
      contentType: 'audio/mpeg',
      headers: new Map(),
      owner: 'source',
    })
    list('/live.mp3\r\n')
    newest().open()
    expect(live()?.kind).toBe('source')
    expect(pulls[0]?.closed).toBe(true)
    await time.pass(600)
    expect(pulls.length).toBe(2)
  })
})

describe('a short loss of the master', () => {
  test('mount and listeners stay, and the audio continues where it stopped, without a gap or repetition', async () => {
    const { list, play, send, newest, live, time } = relaysInMemory()
    list('/live.mp3\r\n')
    play(0, 100)
    const before = live()
    newest().events.lost('reset')
    expect(live()?.interruptedAtMs).toBe(0)
    await time.pass(500)
    play(60, 20)
    send(80, 40)
    expect(live()).toBe(before)
    expect(live()?.interruptedAtMs).toBeUndefined()
    const frames = Array.from({ length: 120 }, (_, n) => numberedFrame(n))
    expect(Buffer.from(live()?.tail(1e6) ?? []).equals(Buffer.concat(frames))).toBe(true)
  })

  test('if the new burst does not overlap, it follows after half a second', async () => {
    const { list, play, newest, live, time } = relaysInMemory()
    list('/live.mp3\r\n')
    play(0, 10)
    newest().events.lost('reset')
    await time.pass(500)
    play(500, 10)
    await time.pass(600)
    const frames = [...Array(10).keys(), ...Array.from({ length: 10 }, (_, n) => 500 + n)].map(numberedFrame)
    expect(Buffer.from(live()?.tail(1e6) ?? []).equals(Buffer.concat(frames))).toBe(true)
  })

  test('a source that drops repeatedly is still heard: bytes that wait at a seam count as life', async () => {
    const { list, play, newest, live, time } = relaysInMemory()
    list('/live.mp3\r\n')
    play(0, 10)
    const before = live()
    for (let round = 1; round <= 20; round++) {
      newest().events.lost('closed by the upstream')
      await time.pass(700)
      play(round * 1000, 10)
      await time.pass(300)
    }
    await time.pass(500)
    expect(live()).toBe(before)
    const frames = Array.from({ length: 210 }, (_, i) => numberedFrame(Math.floor(i / 10) * 1000 + (i % 10)))
    expect(Buffer.from(live()?.tail(1e6) ?? []).equals(Buffer.concat(frames))).toBe(true)
  })

  test('a stream that lags behind the mount is waited for, then heard from a frame on', async () => {
    const { list, play, send, newest, live, time } = relaysInMemory()
    list('/live.mp3\r\n')
    play(0, 200)
    newest().events.lost('reset')
    play(0, 20)
    for (let ms = 0, n = 20; ms < relayLimits.behindMsMax + relayLimits.spliceMs; ms += 250, n += 2) {
      await time.pass(250)
      send(n, 2)
    }
    await time.pass(500)
    const tail = Buffer.from(live()?.tail(1e6) ?? [])
    expect(tail.lastIndexOf(Buffer.concat([0, 1, 2, 3].map(numberedFrame)))).toBeGreaterThan(0)
  })

  test('a stream that comes long after its answer is joined all the same: nothing is heard twice', async () => {
    const { list, play, send, newest, live, time } = relaysInMemory()
    list('/live.mp3\r\n')
    play(0, 100)
    newest().events.lost('reset')
    await time.pass(500)
    newest().open()
    await time.pass(relayLimits.behindMsMax + 2 * relayLimits.spliceMs)
    send(50, 70)
    await time.pass(2 * relayLimits.spliceMs)
    const frames = Array.from({ length: 120 }, (_, n) => numberedFrame(n))
    expect(Buffer.from(live()?.tail(1e6) ?? []).equals(Buffer.concat(frames))).toBe(true)
  })

  test('after source-timeout the mount ends, so that its listeners return to the edge; the relay tries on', async () => {
    const { list, play, newest, live, time, pulls } = relaysInMemory()
    list('/live.mp3\r\n')
    play(0, 10)
    newest().events.lost('reset')
    for (let attempt = 0; attempt < 3; attempt++) {
      await time.pass(3000)
      newest().events.lost('refused')
    }
    expect(live()).toBeDefined()
    await time.pass(1000)
    expect(live()).toBeUndefined()
    const tried = pulls.length
    await time.pass(20_000)
    expect(pulls.length).toBeGreaterThan(tried)
    play(0, 10)
    expect(live()).toBeDefined()
  })

  test('a list without the mount, from a master that just came back, does not end it early', async () => {
    const { list, play, newest, live, time, relays } = relaysInMemory()
    list('/live.mp3\r\n')
    play(0, 10)
    newest().events.lost('reset')
    list('')
    expect(live()).toBeDefined()
    await time.pass(10_000)
    expect(live()).toBeUndefined()
    expect(relays.isMirrored(mountOf('/live.mp3'))).toBe(false)
  })

  test('if that master plays again before its list names the mount, listeners stay', async () => {
    const { list, play, newest, live, time } = relaysInMemory()
    list('/live.mp3\r\n')
    play(0, 10)
    const before = live()
    newest().events.lost('reset')
    list('')
    await time.pass(9000)
    play(20, 10)
    expect(live()).toBe(before)
    list('/live.mp3\r\n')
    await time.pass(20_000)
    expect(live()).toBe(before)
  })

  test('while listeners wait it tries at least every two seconds, and at once when the list names the mount again', async () => {
    const { list, play, newest, time, pulls } = relaysInMemory()
    list('/live.mp3\r\n')
    play(0, 10)
    const tries: number[] = []
    for (let atMs = 0; atMs < 8000; atMs += 50) {
      const pull = newest()
      if (pulls.length > tries.length) {
        tries.push(time.nowMs())
        pull.events.lost('refused')
      }
      await time.pass(50)
    }
    expect(tries).toEqual([0, 250, 750, 1750, 3750, 5750, 7750])
    list('/live.mp3\r\n')
    expect(pulls.length).toBe(tries.length + 1)
    list('/live.mp3\r\n')
    expect(pulls.length).toBe(tries.length + 1)
  })

  test('the end of a running relay asks for the list at once', () => {
    const { list, play, newest, ended } = relaysInMemory()
    list('/live.mp3\r\n')
    play(0, 10)
    newest().events.lost('reset')
    expect(ended()).toBe(1)
  })
})
