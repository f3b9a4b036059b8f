import { describe, expect, test } from 'vitest'
import type { OpenedSession } from '../../../shared/cluster/open-session.ts'
import { basic, numbered } from '../../kit/audio/source.ts'
import { parsePathways, readMultivariant } from '../../kit/hls/hls-readers.ts'
import { decidingMaster } from '../../kit/parts/deciding-master.ts'
import { mountOf, mountReport } from '../../kit/parts/reports.ts'

const live = mountOf('/live.mp3')
const own = 'm.example_3a8000'
const plain = { head: false, userAgent: undefined, range: undefined }

/** A deciding master whose source has sent some audio, so that it can be packaged, and one slave with these numbers. */
async function packaging(over: Parameters<ReturnType<typeof decidingMaster>['report']>[0] = {}, roll = 0) {
  const dice = { roll }
  const master = decidingMaster('', () => dice.roll)
  if (master.feed === 'in use') throw new Error('the mount is in use')
  for (let n = 0; n < 20; n++) master.feed.push(numbered.at(n))
  master.decider.changed()
  await master.report(over)
  const sender = { secure: false, address: '192.0.2.1' }
  const { decider } = master
  const open = (query = '', secure = false, isHead = false) =>
    textIn(decider.openHls({ mount: live, query, sender: { ...sender, secure } }, { ...plain, head: isHead }))
  const steer = (query: string) => {
    const { status, pieces } = decider.steerHls({ mount: live, query, sender })
    return status === 404
      ? undefined
      : (JSON.parse(Buffer.concat(pieces).toString())['PATHWAY-PRIORITY'] as string[])
  }
  const debit = async () => 100 - ((await master.free('s1')) ?? 0)
  return { ...master, dice, open, steer, debit }
}
const textIn = (opened: OpenedSession) =>
  typeof opened === 'string' ? opened : Buffer.concat(opened().pieces).toString()

describe('a master that decides itself, for listeners by HLS', () => {
  test('S2: names its slaves and itself, and steers; itself is where the listener is already', async () => {
    const { open } = await packaging()
    const text = open('?token=1&x=other')
    const [first, second] = parsePathways(text).sort((a, b) => ((a.id ?? '') < (b.id ?? '') ? -1 : 1))
    expect([first?.id, second?.id]).toEqual([own, 's1'])
    expect(first?.url).toMatch(/^\/hls\/live\.mp3\/media\.m3u8\?token=1&s=[\w-]{16}$/)
    expect(second?.url).toMatch(
      /^http:\/\/s1\.example\.org:8000\/hls\/live\.mp3\/media\.m3u8\?token=1&s=[\w-]{16}$/,
    )
    expect(text).toMatch(/SERVER-URI="\/hls\/live\.mp3\/steering\.json\?token=1&s=[\w-]{16}&p=[^"]+"/)
    expect(readMultivariant(text).variants.map(({ codecs }) => codecs)).toEqual(['mp4a.40.34', 'mp4a.40.34'])
  })

  test('S9: counts a session at the slave that it names first; its own listeners count themselves, and a HEAD counts for nobody', async () => {
    const { open, debit, dice } = await packaging()
    const firsts = new Map<string | undefined, number>()
    for (let i = 0; i < 20; i++) {
      dice.roll = (i + 0.5) / 20
      const [first] = parsePathways(open())
      firsts.set(first?.id, (firsts.get(first?.id) ?? 0) + 1)
      open('', false, true)
    }
    expect(firsts.get('s1')).toBeGreaterThan(5)
    expect(firsts.get(own)).toBeGreaterThan(5)
    expect(await debit()).toBe(firsts.get('s1'))
  })

  test('leaves out the slave that has sent a listener back', async () => {
    const { open } = await packaging()
    expect(parsePathways(open('?x=s1')).map(({ id }) => id)).toEqual([own])
  })

  test('names urls of the scheme that was asked for', async () => {
    const { open } = await packaging({ urls: ['http://s1.example.org:8000', 'https://s1.example.org:8443'] })
    // its own address is one of http: the listener by https has reached it, but others cannot be told so
    expect(parsePathways(open('', true)).map(({ url }) => new URL(url, 'https://m').origin)).toEqual([
      'https://s1.example.org:8443',
    ])
  })

  test('has no room where neither it nor a slave has', async () => {
    const { open, state } = await packaging({ maxListeners: 0 })
    state.load.listeners = 100
    state.load.joins = 100
    expect(open()).toBe('no room')
  })

  test('has nothing for a mount that it does not know, or that HLS has no place for', async () => {
    const { decider } = await packaging({
      mounts: [mountReport('/odd', { contentType: 'video/unheard-of' })],
    })
    const asked = (path: string) => ({
      mount: mountOf(path),
      query: '',
      sender: { secure: false, address: undefined },
    })
    expect(decider.openHls(asked('/odd'), plain)).toBe('not packaged')
    expect(decider.openHls(asked('/nobody.mp3'), plain)).toBe('unknown mount')
    expect(decider.steerHls(asked('/nobody.mp3')).status).toBe(404)
  })

  test('keeps a session where it is, itself or a slave', async () => {
    const { steer, debit } = await packaging()
    expect(steer(`?p=s1,${own}&_HLS_pathway=s1`)).toEqual(['s1', own])
    expect(steer(`?p=s1,${own}&_HLS_pathway=${own}`)).toEqual([own, 's1'])
    expect(await debit()).toBe(0)
  })

  test('moves the sessions of a drained slave to itself, which counts them when they come', async () => {
    const { steer, report } = await packaging()
    await report({ state: 'draining' })
    expect(steer(`?p=s1,${own}&_HLS_pathway=s1`)).toEqual([own])
  })

  test.each(['by its own admin', 'by the API of the cluster'])(
    'moves its own sessions away when it is drained %s',
    async (how) => {
      const { steer, state, request, config, debit, placer, open } = await packaging()
      if (how === 'by its own admin') state.drain.set(true)
      else await request('POST', `/api/servers/${config.id}/drain`, basic('admin', 'a'))
      expect(steer(`?p=${own},s1&_HLS_pathway=${own}`)).toEqual(['s1'])
      expect(await debit()).toBe(1)
      expect(placer.refuseHls(live)?.isClosed).toBe(true)
      expect(parsePathways(open()).map(({ id }) => id)).toEqual(['s1'])
    },
  )
})
