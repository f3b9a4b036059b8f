import { describe, expect, test } from 'vitest'
import { decide } from '../../../shared/draw/decide.ts'
import { OnAir } from '../../../shared/draw/mounts/on-air.ts'
import { View } from '../../../shared/draw/view.ts'
import { asked, live, policy, viewOf } from '../../kit/parts/draws.ts'
import { mountReport, serverOf } from '../../kit/parts/reports.ts'

describe('what live servers say of a mount together', () => {
  const part = (contentType: string, kbps: number, follows = false) => ({
    host: {},
    follows,
    mount: mountReport('/live.mp3', { contentType, kbps }),
  })
  const show = (onAir: OnAir, { host, follows, mount }: ReturnType<typeof part>, isLive: boolean) =>
    isLive ? onAir.show(host, follows, mount) : onAir.hide(host)
  const nobody = () => []

  test('is nothing without one that reports it, and followers count only with a master', () => {
    const onAir = new OnAir()
    expect(onAir.at(true, nobody)).toBeUndefined()
    onAir.add(true, 1, 7)
    expect([onAir.at(false, nobody), onAir.isReported, onAir.listeners]).toEqual([undefined, false, 7])
    expect(onAir.at(true, nobody)).toEqual({ listeners: 7, contentType: null, bitrate: null })
    onAir.add(false, 1, 5)
    expect([onAir.at(false, nobody)?.listeners, onAir.at(true, nobody)?.listeners]).toEqual([5, 12])
    onAir.add(false, -1, -5)
    expect(onAir.at(false, nobody)).toBeUndefined()
  })

  test('has the type and the bit rate of the first that says them, each by itself', () => {
    const onAir = new OnAir()
    onAir.add(false, 3, 0)
    const [silent, typed, rated] = [part('', 0), part('audio/aac', 0), part('audio/mpeg', 64)]
    const shown = () => onAir.at(true, () => [silent, typed, rated])
    show(onAir, silent, true)
    expect(shown()).toMatchObject({ contentType: null, bitrate: null })
    show(onAir, typed, true)
    show(onAir, rated, true)
    expect(shown()).toMatchObject({ contentType: 'audio/aac', bitrate: 64 })
    show(onAir, silent, true)
    show(onAir, silent, false)
    expect(shown()).toMatchObject({ contentType: 'audio/aac', bitrate: 64 })
  })

  test('has those of another once the server that said them is gone, or says nothing any more', () => {
    const onAir = new OnAir()
    onAir.add(false, 2, 0)
    const [first, second] = [part('audio/aac', 48), part('audio/mpeg', 64)]
    show(onAir, first, true)
    show(onAir, second, true)
    show(onAir, first, false)
    expect(onAir.at(true, () => [second])).toMatchObject({ contentType: 'audio/mpeg', bitrate: 64 })
    show(onAir, second, false)
    expect(onAir.at(true, nobody)).toMatchObject({ contentType: null, bitrate: null })
    show(onAir, first, true)
    expect(onAir.at(true, nobody)).toMatchObject({ contentType: 'audio/aac', bitrate: 48 })
  })

  test('has those of followers only while there is a master', () => {
    const onAir = new OnAir()
    onAir.add(true, 1, 0)
    onAir.add(false, 1, 0)
    const [follower, reporter] = [part('audio/aac', 48, true), part('audio/mpeg', 64)]
    show(onAir, follower, true)
    const at = (hasMaster: boolean) => onAir.at(hasMaster, () => [follower, reporter])
    expect(at(true)).toMatchObject({ contentType: 'audio/aac', bitrate: 48 })
    expect(at(false)).toMatchObject({ contentType: 'audio/mpeg', bitrate: 64 })
    expect(at(true)).toMatchObject({ contentType: 'audio/aac', bitrate: 48 })
  })
})

test('a server that was stale counts on the page again from its next report on, though that says nothing new', () => {
  const view = viewOf(serverOf('a', { mounts: [mountReport('/live.mp3', { listeners: 7 })] }))
  const { mounts } = view.servers.get('a')?.report ?? {}
  expect([27_000, 27_001].map((nowMs) => view.onAir(live, nowMs)?.listeners)).toEqual([7, undefined])
  view.put(serverOf('a', { mounts }, { receivedAtMs: 60_000 }))
  expect(view.onAir(live, 60_000)?.listeners).toBe(7)
  view.put(serverOf('a', { mounts, state: 'leaving' }, { receivedAtMs: 61_000 }))
  expect(view.onAir(live, 61_000)).toBeUndefined()
})

test('an icecast-kh slave that is drained gets no listener of any mount, and gets them again afterwards', () => {
  const view = new View(100)
  const paths = ['/live.mp3', '/b', '/c', '/d']
  // with another limit each, so that each is a group of its own
  const mounts = paths.map((path, i) => mountReport(path, { max: 10 + i }))
  view.put(serverOf('m', { role: 'master', mounts }))
  const put = (drained: boolean) => view.put(serverOf('kh', { mounts: [] }, { carriesAll: true, drained }))
  const drawn = () =>
    mounts.map(({ mount }) => {
      const decision = decide(view, { ...asked, mount }, 0, () => 0.5, policy)
      return typeof decision === 'string' ? decision : decision.server.report.id
    })
  put(false)
  expect([view.groups, ...drawn()]).toEqual([4, 'kh', 'kh', 'kh', 'kh'])
  put(true)
  expect(drawn()).toEqual(paths.map(() => 'm'))
  put(false)
  expect(drawn()).toEqual(paths.map(() => 'kh'))
})
