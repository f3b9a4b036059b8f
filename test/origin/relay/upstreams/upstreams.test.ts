import { describe, expect, test } from 'vitest'
import { numberedFrame, numbersInOrder } from '../../../kit/audio/numbered-frames.ts'
import { relaySettings, relaysInMemory } from '../../../kit/parts/relays.ts'
import { mountOf } from '../../../kit/parts/reports.ts'

type Relaying = ReturnType<typeof relaysInMemory>

/** A relay of two servers that send the same stream; the first plays frames 0 to 99. */
function playing(hosts = ['one.example', 'two.example']) {
  const ours = relaysInMemory({ blocks: [relaySettings(hosts)] })
  ours.play(0, 100)
  return ours
}

/** Frame numbers that listeners of the mount have got; throws at a gap or a repetition. */
const heard = ({ live }: Relaying) => numbersInOrder(live()?.tail(1e6) ?? new Uint8Array()).count

/** The first is lost, the second continues with frames up to this one, and the clock stands at `atMs`. */
async function goneOver(to: number) {
  const ours = playing()
  ours.newest().events.lost('reset')
  ours.play(60, to - 60)
  return ours
}

describe('a relay of two upstreams', () => {
  test('asks the second at once when the first is lost, and its listeners hear neither a gap nor a repetition', async () => {
    const ours = await goneOver(150)
    expect(ours.asked()).toEqual(['one.example', 'two.example'])
    expect(heard(ours)).toBe(150)
    expect(ours.live()?.interruptedAtMs).toBeUndefined()
  })

  test('asks the second if the first delivers no stream', async () => {
    const ours = relaysInMemory({ blocks: [relaySettings(['one.example', 'two.example'])] })
    ours.newest().events.lost('answered 404')
    expect(ours.asked()).toEqual(['one.example', 'two.example'])
  })

  test('waits if the second lags behind its listeners, and repeats nothing', async () => {
    const ours = playing()
    ours.newest().events.lost('reset')
    ours.play(40, 40)
    await ours.time.pass(3000)
    expect(heard(ours)).toBe(100)
    ours.pulls[1]?.send(80, 60)
    expect(heard(ours)).toBe(140)
  })

  test('tries the first in parallel to the second, and returns to it without a gap', async () => {
    const ours = await goneOver(150)
    await ours.time.pass(2000)
    expect(ours.asked()).toEqual(['one.example', 'two.example', 'one.example'])
    const [, second, first] = ours.pulls
    first?.open()
    first?.send(100, 60)
    second?.send(150, 20) // the second plays on meanwhile
    await ours.time.pass(400)
    expect(second?.closed).toBe(false)
    await ours.time.pass(200)
    expect(second?.closed).toBe(true)
    first?.send(160, 100)
    expect(heard(ours)).toBe(260)
  })

  test('tries the first repeatedly, at growing intervals', async () => {
    const ours = await goneOver(150)
    const tries: number[] = []
    for (let known = 2; ours.time.nowMs() < 200_000; ) {
      await ours.time.pass(500)
      if (ours.pulls.length === known) continue
      known = ours.pulls.length
      tries.push(ours.time.nowMs())
      ours.newest().events.lost('refused')
    }
    expect(tries).toEqual([2000, 6000, 14_000, 30_000, 60_000, 90_000, 120_000, 150_000, 180_000])
    expect(ours.pulls[1]?.closed).toBe(false)
  })

  test('stays with the second while the first answers but sends nothing', async () => {
    const ours = await goneOver(150)
    await ours.time.pass(2000)
    ours.newest().open()
    await ours.time.pass(5000)
    expect(ours.pulls[1]?.closed).toBe(false)
    ours.pulls[1]?.send(150, 10)
    expect(heard(ours)).toBe(160)
  })

  test('switches at once to a first that is already back when the second is lost', async () => {
    const ours = await goneOver(150)
    await ours.time.pass(2000)
    const [, second, first] = ours.pulls
    first?.open()
    first?.send(120, 30)
    second?.events.lost('reset')
    first?.send(150, 50)
    expect(ours.pulls.length).toBe(3)
    expect(heard(ours)).toBe(200)
  })

  test('can lose the upstream it returned to like any other', async () => {
    const ours = await goneOver(150)
    await ours.time.pass(2000)
    const [, , first] = ours.pulls
    first?.open()
    first?.send(120, 60)
    await ours.time.pass(600)
    first?.events.lost('reset')
    expect(ours.asked()).toEqual(['one.example', 'two.example', 'one.example', 'two.example'])
    expect(ours.live()?.interruptedAtMs).toBe(2600)
  })

  test('accepts no other codec while listeners wait, but does when they are gone', async () => {
    const ours = playing()
    const before = ours.live()
    ours.newest().events.lost('reset')
    ours.newest().open('Content-Type: audio/ogg\r\n')
    expect(ours.pulls[1]?.closed).toBe(true)
    for (let ms = 0; ms < 9500; ms += 500) {
      await ours.time.pass(500)
      if (!ours.newest().closed) ours.newest().events.lost('refused')
    }
    expect(ours.live()).toBe(before)
    await ours.time.pass(1000)
    expect(ours.live()).toBeUndefined()
    for (let i = 0; i < 20 && new URL(ours.newest().url).host !== 'two.example'; i++) {
      if (!ours.newest().closed) ours.newest().events.lost('refused')
      await ours.time.pass(500)
    }
    ours.newest().open('Content-Type: audio/ogg\r\n')
    expect(ours.live()?.contentType).toBe('audio/ogg')
  })

  test('ends its mount if all upstreams answer but send nothing, however often they answer', async () => {
    const ours = playing()
    ours.newest().events.lost('reset')
    for (let ms = 0; ms < 9000; ms += 1000) {
      if (!ours.newest().closed) ours.newest().open()
      await ours.time.pass(1000)
      ours.newest().events.lost('no bytes')
    }
    expect(ours.live()).toBeDefined()
    await ours.time.pass(1000)
    expect(ours.live()).toBeUndefined()
    for (let i = 0; i < 10 && ours.newest().closed; i++) await ours.time.pass(1000)
    ours.play(0, 10)
    expect(ours.live()).toBeDefined()
  })

  test('with a fallback that plays and returns listeners, waits three seconds', async () => {
    const ours = relaysInMemory({
      blocks: [relaySettings(['one.example'])],
      xml: `<mount><mount-name>/live.mp3</mount-name><fallback-mount>/backup.mp3</fallback-mount>
              <fallback-override>own</fallback-override></mount>`,
    })
    const backup = ours.state.mounts.open(mountOf('/backup.mp3'), {
      kind: 'source',
      contentType: 'audio/mpeg',
      headers: new Map(),
      owner: 'source',
    })
    expect(backup).not.toBe('in use')
    ours.play(0, 100)
    ours.newest().events.lost('reset')
    for (let ms = 0; ms < 2900; ms += 100) {
      await ours.time.pass(100)
      if (!ours.newest().closed) ours.newest().events.lost('refused')
    }
    expect(ours.live()).toBeDefined()
    await ours.time.pass(200)
    expect(ours.live()).toBeUndefined()
  })

  test('begins at a complete frame if the second sends another stream: no partial frame is heard of either', async () => {
    const ours = playing()
    const half = numberedFrame(100)
    ours.newest().events.data(half.subarray(0, 200))
    ours.newest().events.lost('reset')
    ours.newest().open()
    ours.newest().events.data(numberedFrame(4999).subarray(300))
    ours.send(5000, 100)
    await ours.time.pass(600)
    const frames = [...Array(100).keys(), ...Array.from({ length: 100 }, (_, n) => 5000 + n)]
    const tail = Buffer.from(ours.live()?.tail(1e6) ?? [])
    expect(tail.equals(Buffer.concat(frames.map(numberedFrame)))).toBe(true)
  })
})

describe('configured relays', () => {
  const login = (host: string, user: string) => ({
    url: new URL(`http://${host}/live.mp3`),
    user,
    password: 'pw',
  })

  test("show an upstream's credentials only to that upstream", () => {
    const ours = relaysInMemory({ blocks: [relaySettings([login('one.example', 'me')])] })
    const { authorizationFor } = ours.newest().options
    expect(authorizationFor('http://one.example')).toBe(`Basic ${btoa('me:pw')}`)
    for (const other of ['https://one.example', 'http://m.example', 'http://two.example'])
      expect(authorizationFor(other)).toBeUndefined()
  })

  test('S6: belong to the slave and are not mirrored, unless the master lists their stream', () => {
    const ours = relaysInMemory({ blocks: [relaySettings(['elsewhere.example'])] })
    const { mount } = relaySettings([])
    expect(ours.relays.isMirrored(mount)).toBe(false)
    ours.list('/live.mp3\n')
    expect(ours.relays.isMirrored(mount)).toBe(false)
    expect(ours.asked()).toEqual(['elsewhere.example'])
    const mirrored = relaysInMemory({ blocks: [relaySettings([login('m.example', 'me')])] })
    mirrored.list('/live.mp3\n')
    expect(mirrored.relays.isMirrored(mount)).toBe(true)
  })

  test('on SIGHUP a removed block ends, a new one starts, and an unchanged one plays on', () => {
    const ours = playing()
    const before = ours.live()
    const other = relaySettings(['three.example'], { mount: relaySettings([]).mount })
    ours.config.relays = [relaySettings(['one.example', 'two.example'])]
    ours.relays.configure()
    expect(ours.live()).toBe(before)
    expect(ours.pulls.length).toBe(1)
    ours.config.relays = []
    ours.relays.configure()
    expect(ours.live()).toBeUndefined()
    ours.config.relays = [other]
    ours.relays.configure()
    expect(ours.asked()).toEqual(['one.example', 'three.example'])
  })

  test('on SIGHUP a new order makes the relay switch, and its listeners stay', async () => {
    const ours = playing()
    const before = ours.live()
    ours.config.relays = [relaySettings(['two.example', 'one.example'])]
    ours.relays.configure()
    await ours.time.pass(1)
    expect(ours.asked()).toEqual(['one.example', 'two.example'])
    ours.newest().open()
    ours.newest().send(60, 60)
    await ours.time.pass(600)
    expect(ours.pulls[0]?.closed).toBe(true)
    expect(ours.live()).toBe(before)
    expect(heard(ours)).toBe(120)
  })

  test('wait their own <retry-delay> between two attempts', async () => {
    const ours = relaysInMemory({ blocks: [relaySettings(['one.example'], { retryDelayMs: 30_000 })] })
    ours.newest().events.lost('refused')
    await ours.time.pass(29_999)
    expect(ours.pulls.length).toBe(1)
    await ours.time.pass(1)
    expect(ours.pulls.length).toBe(2)
  })

  test('do not start if <limits><sources> is reached', async () => {
    const ours = relaysInMemory({ blocks: [relaySettings(['one.example'])], sources: 1 })
    ours.play(0, 10)
    ours.list('/other.mp3\n')
    expect(ours.asked()).toEqual(['one.example'])
    ours.config.limits.sources = 2
    await ours.time.pass(10_000)
    expect(ours.asked()).toEqual(['one.example', 'm.example'])
  })
})

describe('a relay of itself', () => {
  test('is detected by its Via, and rejected', async () => {
    const ours = relaysInMemory({ blocks: [relaySettings(['one.example', 'two.example'])] })
    expect(ours.newest().options.hop).toBe('1.0 boot%2Flive.mp3')
    ours.newest().open('Content-Type: audio/mpeg\r\nVia: 1.0 other%2Fx, 1.0 boot%2Flive.mp3\r\n')
    expect(ours.pulls[0]?.closed).toBe(true)
    expect(ours.asked()).toEqual(['one.example', 'two.example'])
    ours.newest().open('Content-Type: audio/mpeg\r\nVia: 1.0 boot%2Fother.mp3\r\n')
    expect(ours.live()).toBeDefined()
  })
})
