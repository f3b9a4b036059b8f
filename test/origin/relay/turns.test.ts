import { describe, expect, test } from 'vitest'
import { relayLimits } from '../../../origin/relay/limits.ts'
import { mergeLists } from '../../../origin/relay/lists/merged-lists.ts'
import { limits } from '../../../shared/limits.ts'
import { parseStreamList, StreamListReader } from '../../../shared/report/stream-list.ts'
import { relaysInMemory } from '../../kit/parts/relays.ts'
import { mountOf } from '../../kit/parts/reports.ts'

const lines = (count: number, host = '') =>
  Array.from({ length: count }, (_, i) => `${host}/m${i}.mp3\r\n`).join('')

describe('a list of very many mounts', () => {
  test('is a set: one mount listed 40,000 times is one', () => {
    expect(parseStreamList('/live.mp3\r\n'.repeat(40_000)).entries).toHaveLength(1)
  })

  test('is used up to the size of a report, with mounts that are relayed already first', () => {
    const reader = new StreamListReader((mount) => mount === '/live.mp3')
    reader.push(lines(30_000))
    reader.push('/live.mp3')
    const { entries, left } = reader.end()
    expect(entries).toHaveLength(limits.reportMountsMax)
    expect(entries[0]?.mount).toBe('/live.mp3')
    expect(left).toBe(20_001)
  })

  test('is the same list in whatever pieces it is read, and a line without an end is ignored', () => {
    const text = `${lines(50)}${'/'.padEnd(100_000, 'x')}\r\nhttp://h.example/y.mp3`
    const reader = new StreamListReader()
    for (let at = 0; at < text.length; at += 37) reader.push(text.slice(at, at + 37))
    const { entries } = reader.end()
    expect(entries).toEqual(parseStreamList(text).entries)
    expect(entries).toHaveLength(51)
  })

  test('has a useful maximum of upstreams per mount', () => {
    const text = Array.from({ length: 5000 }, (_, i) => `http://h${i}.example/live.mp3\r\n`).join('')
    const { entries } = parseStreamList(text)
    const told = { url: 'http://m.example', authorization: '', entries, isAnswering: true }
    const upstreams = mergeLists([told]).get(mountOf('/live.mp3'))
    expect(upstreams).toHaveLength(relayLimits.upstreamsPerMountMax)
  })

  test('is started in turns, and its relays begin a few at a time', async () => {
    const ours = relaysInMemory()
    ours.list(lines(300))
    expect(ours.pulls).toHaveLength(relayLimits.beginsAtOnce)
    await ours.time.pass(relayLimits.beginGapMs * 10)
    expect(ours.pulls).toHaveLength(relayLimits.beginsAtOnce + 10)
    await ours.time.pass(60_000)
    expect(ours.pulls).toHaveLength(relayLimits.connectingPerOriginMax)
    for (let i = 0; i < ours.pulls.length; i++) {
      ours.pulls[i]?.open()
      await ours.time.pass(relayLimits.beginGapMs)
    }
    await ours.time.pass(1000)
    expect(ours.state.mounts.count).toBe(300)
  })

  test('starts no more relays than there is room for', async () => {
    const ours = relaysInMemory({ sources: 10 })
    ours.list(lines(200))
    await ours.time.pass(5000)
    expect(ours.pulls).toHaveLength(10)
    for (const pull of [...ours.pulls]) pull.open()
    await ours.time.pass(30_000)
    expect(ours.state.mounts.count).toBe(10)
    expect(ours.pulls).toHaveLength(10)
  })

  test('of an upstream that does not answer leaves the turns of another upstream alone', async () => {
    const ours = relaysInMemory()
    ours.list(`${lines(500, 'http://deaf.example')}http://good.example/live.mp3\r\n`)
    await ours.time.pass(1000)
    expect(ours.asked().filter((host) => host === 'good.example')).toHaveLength(1)
    expect(ours.asked().filter((host) => host === 'deaf.example')).toHaveLength(
      relayLimits.connectingPerOriginMax,
    )
  })

  test('does not delay a relay whose listeners wait', async () => {
    const ours = relaysInMemory()
    ours.list('/live.mp3\r\n')
    ours.play(0, 10)
    ours.list(`${lines(500)}/live.mp3\r\n`)
    await ours.time.pass(1000)
    const before = ours.pulls.length
    ours.pulls[0]?.events.lost('reset')
    await ours.time.pass(relayLimits.retryHeld.firstMs)
    expect(ours.pulls.slice(before).map(({ url }) => url)).toEqual(['http://m.example/live.mp3'])
  })
})
