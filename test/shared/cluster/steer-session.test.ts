import { describe, expect, test, vi } from 'vitest'
import { HlsDecider } from '../../../shared/cluster/hls-decider.ts'
import type { Carrier } from '../../../shared/cluster/open-session.ts'
import { steerSession } from '../../../shared/cluster/steer-session.ts'
import type { Server } from '../../../shared/draw/server.ts'
import type { View } from '../../../shared/draw/view.ts'
import { Balance } from '../../../shared/hls/balance.ts'
import { viewOf, withSlots } from '../../kit/parts/draws.ts'
import { mountOf, mountReport, serverOf } from '../../kit/parts/reports.ts'

const listener = { mount: mountOf('/live.mp3'), sender: { secure: false, address: '192.0.2.1' } }

/** The steering manifest of a session whose player sends this query, and the redirects that were counted. */
function steered(
  view: View,
  query: string,
  carrier?: Carrier,
  over: { isBusy?: boolean; nowMs?: number } = {},
) {
  const counted: [string, number][] = []
  const deps = {
    config: { httpsOnly: false },
    nowMs: () => over.nowMs ?? 0,
    roll: () => 0.5,
    redirected: ({ report }: Server, kbps: number) => counted.push([report.id, kbps]),
    balance: new Balance(100),
    isBusy: () => over.isBusy ?? false,
  }
  const manifest = steerSession(view, { ...listener, query }, deps, carrier)
  if (manifest === undefined) return undefined
  const parsed = JSON.parse(manifest)
  const clones: { 'BASE-ID': string; ID: string; 'URI-REPLACEMENT': { 'PER-VARIANT-URIS': object } }[] =
    parsed['PATHWAY-CLONES'] ?? []
  return {
    ttl: parsed.TTL,
    order: parsed['PATHWAY-PRIORITY'],
    bases: [...new Set(clones.map((each) => each['BASE-ID']))],
    urls: Object.fromEntries(
      clones.map((each) => [each.ID, Object.values(each['URI-REPLACEMENT']['PER-VARIANT-URIS'])[0]]),
    ),
    counted,
  }
}

const a = withSlots('a', 100)
const b = withSlots('b', 100, { listeners: 50 })
const master = serverOf('m', { role: 'master', maxListeners: 0 })
const full = (id: string) => withSlots(id, 100, { listeners: 100 })
const out = (id: string) => withSlots(id, 100, {}, { drained: true })

describe('the manifest of a session', () => {
  test('keeps it at its server, and names the others in case that it fails; nothing is counted', () => {
    expect(steered(viewOf(a, b), '?s=one&p=a,b&_HLS_pathway=b')).toEqual({
      ttl: 10,
      order: ['b', 'a'],
      bases: [],
      urls: {},
      counted: [],
    })
  })

  test('moves it away from a server that is out, which is counted at the new one', () => {
    const line = { maxBandwidth: 100_000, bandwidth: 0, mounts: [mountReport('/live.mp3', { kbps: 64 })] }
    expect(steered(viewOf(out('a'), withSlots('b', 100, line)), '?p=a,b&_HLS_pathway=a')).toMatchObject({
      order: ['b'],
      counted: [['b', 64]],
    })
    const here = viewOf(out('a'), b)
    here.ownId = 'b'
    expect(steered(here, '?p=a,b&_HLS_pathway=a')?.counted, 'this program counts its own').toEqual([])
    expect(steered(viewOf(full('b'), out('a')), '?p=a,b&_HLS_pathway=a')).toMatchObject({
      order: ['a'],
      counted: [],
    })
  })

  test('is for a pathway that came as a quoted string, too', () => {
    expect(steered(viewOf(a, b), '?p=a,b&_HLS_pathway=%22b%22')?.order).toEqual(['b', 'a'])
    expect(steered(viewOf(a, b), '?p=a,b&_HLS_pathway=b%22')?.order, 'which is no pathway').toHaveLength(2)
    expect(steered(viewOf(a, b), '?p=a,b&_HLS_pathway=b%22')?.counted).toHaveLength(1)
  })

  test('gives servers that its playlist did not name as clones of the first that it did, with its session and parameters', () => {
    expect(steered(viewOf(a, b), '?token=t&s=one&p=a&_HLS_pathway=a&x=b')).toMatchObject({
      order: ['a', 'b'],
      bases: ['a'],
      urls: { b: 'http://b.example.org:8000/hls/live.mp3/media.m3u8?token=t&s=one' },
    })
    expect(steered(viewOf(a, b), '?p=a&_HLS_pathway=a')?.urls).toEqual({
      b: 'http://b.example.org:8000/hls/live.mp3/media.m3u8?',
    })
  })

  test('takes what it listens to as named, where its player does not say what was', () => {
    const none = { urls: {}, bases: [] }
    expect(steered(viewOf(a, b), '?_HLS_pathway=a')).toMatchObject({ bases: ['a'] })
    expect(steered(viewOf(a, b), ''), 'nothing is known').toMatchObject(none)
    expect(steered(viewOf(a, b), '?_HLS_pathway=gone')).toMatchObject(none)
    expect(steered(viewOf(a, b), '?p=,_zz,gone&_HLS_pathway=a')).toMatchObject({ bases: ['gone'] })
  })

  test('has eight pathways at the most, of those named as well', () => {
    const many = Array.from({ length: 12 }, (_, i) => withSlots(`s${i}`, 100))
    const named = Array.from({ length: 8 }, (_, i) => `n${i}`).join(',')
    expect(steered(viewOf(...many, full('here')), '?_HLS_pathway=here')?.order).toHaveLength(8)
    const beyond = steered(viewOf(a, withSlots('n8', 1)), `?p=${named},n8,a&_HLS_pathway=a`)
    expect(Object.keys(beyond?.urls ?? {}).toSorted()).toEqual(['a', 'n8'])
  })

  test('is missing for a mount that nobody knows, or that no server can have', () => {
    expect(steered(viewOf(withSlots('a', 1, { mounts: [] })), '?_HLS_pathway=a')).toBeUndefined()
    expect(steered(viewOf(full('a')), '?p=a')).toBeUndefined()
    expect(steered(viewOf(a), '?_HLS_pathway=a', undefined, { nowMs: 600_000 })).toBeUndefined()
  })
})

describe('at a decider that carries HLS itself', () => {
  const at = (comes: Carrier['comes'], base = 'http://edge.example'): Carrier => ({ comes, base })
  const own = 'http://edge.example/hls/live.mp3/media.m3u8?s=one'

  test('for everybody, its sessions stay, and servers are named in case that it fails', () => {
    expect(
      steered(viewOf(master, a, b), '?s=one&p=edge&_HLS_pathway=edge', at('always'), { isBusy: true }),
    ).toMatchObject({
      ttl: 30,
      order: ['edge', expect.any(String), expect.any(String)],
      bases: ['edge'],
      urls: { a: expect.any(String), b: expect.any(String) },
      counted: [],
    })
    const view = viewOf(master, a)
    const draw = vi.spyOn(view, 'draw')
    steered(view, '?_HLS_pathway=edge', at('always'))
    expect(
      draw.mock.calls.map(([asked]) => asked.probe),
      'which is not a join',
    ).toEqual([true])
    const many = Array.from({ length: 12 }, (_, i) => withSlots(`s${i}`, 100))
    expect(steered(viewOf(master, ...many), '?_HLS_pathway=edge', at('always'))?.order).toHaveLength(1 + 4)
    expect(steered(viewOf(master, full('a')), '?p=edge', at('always'))?.order).toEqual(['edge'])
  })

  test('where none has room, it comes first for those that have no server, or have to leave theirs', () => {
    const overflow = at('overflow')
    expect(steered(viewOf(master, full('a')), '?s=one&p=b', overflow)).toMatchObject({
      ttl: 10,
      order: ['edge'],
      urls: { edge: own },
      counted: [],
    })
    expect(steered(viewOf(master, out('a'), full('b')), '?s=one&p=a&_HLS_pathway=a', overflow)).toMatchObject(
      {
        order: ['edge', 'a'],
        urls: { edge: own },
      },
    )
    expect(
      steered(viewOf(master, a), '?p=edge,a&_HLS_pathway=edge', overflow),
      'a server has room again',
    ).toMatchObject({
      order: ['a'],
      counted: [['a', 0]],
    })
    expect(steered(viewOf(master, a), '?p=a&_HLS_pathway=a', overflow)?.order).toEqual(['a'])
  })

  test('it is told by its whole address, or as the pathway that the player knows', () => {
    const unnamed = at('overflow', '')
    expect(steered(viewOf(master, full('a')), '?p=a', unnamed), 'it has none').toBeUndefined()
    expect(steered(viewOf(master, full('a')), '?p=a,edge', unnamed)?.order).toEqual(['edge'])
  })

  test('it carries what a master has that reports: one that is polled has no objects', () => {
    const polled = serverOf('m', { role: 'master', maxListeners: 0 }, { polled: true })
    for (const view of [viewOf(full('a')), viewOf(polled, full('a'))])
      expect(steered(view, '?p=edge', at('always'))).toBeUndefined()
  })
})

describe('a decider of HLS', () => {
  const placing = (counted: string[] = []) => ({
    config: { httpsOnly: false },
    nowMs: () => 0,
    roll: () => 0.5,
    redirected: ({ report }: Server) => counted.push(report.id),
  })
  const textOf = ({ pieces }: { pieces: readonly Uint8Array[] }) => new TextDecoder().decode(pieces[0])

  test('opens sessions, and answers where they go on', () => {
    const counted: string[] = []
    const decider = new HlsDecider(placing(counted), 100)
    const opening = { head: false, userAgent: 'player', range: undefined }
    const opened = decider.open(viewOf(a), { ...listener, query: '' }, opening)
    if (typeof opened === 'string') throw new Error(opened)
    expect(textOf(opened())).toContain('PATHWAY-ID="a"')
    const answer = decider.steer(viewOf(out('a'), b), { ...listener, query: '?p=a,b&_HLS_pathway=a' })
    expect([answer.status, JSON.parse(textOf(answer))['PATHWAY-PRIORITY']]).toEqual([200, ['b']])
    expect(counted).toEqual(['a', 'b'])
    expect(decider.steer(viewOf(full('a')), { ...listener, query: '?p=a' }).status).toBe(404)
    const carrier = { comes: 'overflow', base: 'http://edge.example' } as const
    expect(decider.steer(viewOf(master, full('a')), { ...listener, query: '?p=a' }, carrier).status).toBe(200)
  })

  test('lets players ask less often where very many do', () => {
    let nowMs = 0
    const decider = new HlsDecider({ ...placing(), nowMs: () => nowMs }, 100)
    const ttl = () =>
      JSON.parse(textOf(decider.steer(viewOf(a), { ...listener, query: '?_HLS_pathway=a' }))).TTL
    expect(ttl()).toBe(10)
    const nobody = viewOf()
    for (; nowMs < 20_000; nowMs += 4) decider.steer(nobody, { ...listener, query: '' })
    expect(ttl()).toBe(30)
  })
})
