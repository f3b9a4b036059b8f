import { describe, expect, test } from 'vitest'
import { createPlacer } from '../../../origin/listen/placer.ts'
import { relaySettings, relaysInMemory } from '../../kit/parts/relays.ts'
import { mountOf } from '../../kit/parts/reports.ts'

describe('on-demand relays', () => {
  const placerOf = ({ config, state, relays }: ReturnType<typeof relaysInMemory>) => {
    state.mounts.onDemand = relays
    return createPlacer({
      config,
      state,
      missed: () => {},
      decider: undefined,
      reports: { change: () => {}, isDraining: false, edgeUrls: ['http://edge.example'] },
      isLeaving: () => false,
    })
  }
  const asked = {
    mount: mountOf('/live.mp3'),
    query: '',
    secure: false,
    userAgent: undefined,
    address: '192.0.2.1',
    relayLogin: false,
    head: false,
    range: undefined,
  }

  test('an idle mount is pulled for its first listener, which waits for it', async () => {
    const ours = relaysInMemory({ onDemand: true })
    ours.list('/live.mp3\r\n')
    expect(ours.pulls.length).toBe(0)
    expect(ours.relays.idle()).toEqual(['/live.mp3'])
    const placed = placerOf(ours).place(asked)
    expect(ours.pulls.length).toBe(1)
    ours.play(0, 10)
    expect(await placed).toMatchObject({ serve: true })
    expect(ours.relays.idle()).toEqual([])
  })

  test("S6: a local source on its name is not the master's mount that waits", () => {
    const ours = relaysInMemory({ onDemand: true })
    ours.list('/live.mp3\r\n')
    const info = { kind: 'source', contentType: 'audio/mpeg', headers: new Map(), owner: 'source' } as const
    ours.state.mounts.open(mountOf('/live.mp3'), info)
    expect(ours.relays.idle()).toEqual([])
  })

  test('if the stream cannot be had, the listener is sent back', async () => {
    const ours = relaysInMemory({ onDemand: true })
    ours.list('/live.mp3\r\n')
    const placed = placerOf(ours).place(asked)
    ours.newest().events.lost('answered 404')
    expect(await placed).toMatchObject({ status: 302 })
  })

  test('docs/protocol.md#bounds: waiting listeners take up room; the server is full when all of it is taken', async () => {
    const ours = relaysInMemory({ onDemand: true })
    ours.list('/live.mp3\r\n')
    const placer = placerOf(ours)
    ours.config.limits.maxListeners = 2
    const waiting = [placer.place(asked), placer.place(asked)]
    expect(placer.place(asked)).toMatchObject({ status: 302, forRoom: true })
    expect(placer.place({ ...asked, relayLogin: true })).toBeInstanceOf(Promise)
    ours.newest().events.lost('answered 404')
    await Promise.all(waiting)
    expect(placer.place(asked)).toBeInstanceOf(Promise)
  })

  test('it stops when the last listener has left, and can be pulled again', async () => {
    const ours = relaysInMemory({ onDemand: true })
    ours.list('/live.mp3\r\n')
    const first = placerOf(ours).place(asked)
    ours.play(0, 10)
    await first
    await ours.time.pass(3000)
    expect(ours.live()).toBeUndefined()
    expect(ours.pulls[0]?.closed).toBe(true)
    expect(ours.relays.idle()).toEqual(['/live.mp3'])
    const second = placerOf(ours).place(asked)
    ours.play(10, 10)
    expect(await second).toMatchObject({ serve: true })
  })
})

describe('an on-demand relay', () => {
  const idle = (hosts: string[]) => relaysInMemory({ blocks: [relaySettings(hosts, { onDemand: true })] })
  const { mount } = relaySettings([])

  test('asks one upstream after the other while its first listener waits', async () => {
    const ours = idle(['one.example', 'two.example'])
    expect(ours.asked()).toEqual([])
    const carried = ours.relays.demand(mount)
    ours.newest().events.lost('refused')
    ours.play(0, 10)
    expect(await carried).toBe(true)
    expect(ours.asked()).toEqual(['one.example', 'two.example'])
  })

  test('that cannot be had tells its waiting listeners, and at once those that come before the next attempt is due', async () => {
    const ours = idle(['one.example'])
    const carried = ours.relays.demand(mount)
    ours.newest().events.lost('refused')
    expect(await carried).toBe(false)
    expect(await ours.relays.demand(mount)).toBe(false)
    expect(ours.asked()).toEqual(['one.example'])
    expect(ours.relays.idle()).toEqual([mount])
    await ours.time.pass(20_000)
    expect(ours.asked()).toEqual(['one.example'])
    const again = ours.relays.demand(mount)
    ours.play(0, 10)
    expect(await again).toBe(true)
  })
})
