import { taggedFile } from '../../kit/audio/tagged.ts'
import { eventually } from '../../kit/base/eventually.ts'
import { compare, mountBlock, type Scene } from '../../kit/cluster/scene.ts'
import type { Stage } from '../../kit/cluster/stage.ts'

/** Icecast 2.5.0's answer for a full mount, and why it differs */
const fullText = 'Maximum listeners reached for this source'
const full = '503, in other words'

/** Tries to listen until accepted: a slot becomes free once the server has noticed that its listener left. */
const listenOnceFree = (stage: Stage, path: string) =>
  eventually(async () => {
    const witness = await stage.listen(path)
    return witness.listener.status === 200 && witness
  })

const limits: Scene[] = [
  {
    name: 'max-listeners: a request for a full mount is refused with 403, until a slot is free',
    elements: mountBlock('/full', { 'max-listeners': 1 }),
    async play(stage) {
      await stage.source('/full', 'live')
      const first = await stage.listen('/full')
      await first.hears('live')
      const second = await stage.listen('/full')
      first.listener.close()
      const third = await listenOnceFree(stage, '/full')
      await third.hears('live')
      return { second: second.story(), says: second.text(), third: third.story() }
    },
    seen: { second: '403', says: 'max listeners reached', third: 'live' },
    later: { why: full, seen: { second: '503', says: fullText, third: 'live' } },
  },
  {
    name: 'fallback-when-full: a listener of a full mount hears its fallback, while that has room',
    elements:
      mountBlock('/spill', { 'max-listeners': 1, 'fallback-mount': '/spill2', 'fallback-when-full': 1 }) +
      mountBlock('/spill2', { 'max-listeners': 1 }),
    async play(stage) {
      await Promise.all([stage.source('/spill', 'live'), stage.source('/spill2', 'backup')])
      const first = await stage.listen('/spill')
      await first.hears('live')
      const second = await stage.listen('/spill')
      await second.hears('backup')
      const third = await stage.listen('/spill')
      return { first: first.story(), second: second.story(), third: third.story(), says: third.text() }
    },
    seen: { first: 'live', second: 'backup', third: '403', says: 'max listeners reached' },
    later: { why: full, seen: { first: 'live', second: 'backup', third: '503', says: fullText } },
  },
  {
    name: 'without fallback-when-full the fallback of a full mount stays empty',
    elements: mountBlock('/stay', { 'max-listeners': 1, 'fallback-mount': '/stay2' }),
    async play(stage) {
      await Promise.all([stage.source('/stay', 'live'), stage.source('/stay2', 'backup')])
      const first = await stage.listen('/stay')
      await first.hears('live')
      return { second: (await stage.listen('/stay')).story() }
    },
    seen: { second: '403' },
    later: { why: full, seen: { second: '503' } },
  },
  {
    name: 'the source ends: listeners for whom the fallback has no room are closed, without an answer',
    elements:
      mountBlock('/narrow', { 'fallback-mount': '/narrow2' }) +
      mountBlock('/narrow2', { 'max-listeners': 1 }),
    async play(stage) {
      await stage.source('/narrow2', 'backup')
      const live = await stage.source('/narrow', 'live')
      const both = [await stage.listen('/narrow'), await stage.listen('/narrow')]
      await Promise.all(both.map((witness) => witness.hears('live')))
      live.close()
      await eventually(() => both.some(({ listener }) => listener.isClosed))
      await eventually(() => both.some((witness) => witness.story() === 'live > backup'))
      return { stories: both.map((witness) => witness.story()).sort() }
    },
    seen: { stories: ['live', 'live > backup'] },
  },
  {
    name: 'max-listener-duration: a listener is closed when its time is up, a later one is not closed yet',
    // a busy machine may notice the second one's join, or the first one's end, up to five seconds late
    elements: mountBlock('/short', { 'max-listener-duration': 10 }),
    async play(stage) {
      await stage.source('/short', 'live')
      const early = await stage.listen('/short')
      await early.goesOn(250)
      const late = await stage.listen('/short')
      await early.isClosed()
      return { story: early.story(), lateIsClosed: late.listener.isClosed }
    },
    seen: { story: 'live', lateIsClosed: false },
  },
  {
    name: 'max-listener-duration keeps counting in the fallback',
    elements: mountBlock('/moves', { 'max-listener-duration': 3, 'fallback-mount': '/moves2' }),
    async play(stage) {
      await stage.source('/moves2', 'backup')
      const live = await stage.source('/moves', 'live')
      const witness = await stage.listen('/moves')
      await witness.hears('live')
      live.close()
      await witness.hears('live > backup')
      await witness.isClosed()
      return { story: witness.story() }
    },
    seen: { story: 'live > backup' },
  },
]

/** frames of the intro: five seconds, more than the burst */
const introFrames = 200

const visibility: Scene[] = [
  {
    name: 'hidden: no list names the mount, but it can be requested by name',
    elements: mountBlock('/hidden', { hidden: 1 }),
    async play(stage) {
      await Promise.all([stage.source('/hidden', 'live'), stage.source('/shown', 'backup')])
      const witness = await stage.listen('/hidden')
      await witness.hears('live')
      const isNamed = async (list: Promise<{ text: string }>) => (await list).text.includes('/hidden')
      await eventually(async () => (await stage.ask('/status-json.xsl')).text.includes('/shown'))
      return {
        json: await isNamed(stage.ask('/status-json.xsl')),
        streamList: await isNamed(stage.relay('/admin/streamlist.txt')),
        adminStats: await isNamed(stage.admin('/admin/stats')),
      }
    },
    seen: { json: false, streamList: false, adminStats: true },
  },
  {
    name: 'no-mount: the mount itself cannot be requested, but it serves as a fallback',
    elements:
      mountBlock('/back-room', { 'no-mount': 1 }) + mountBlock('/front', { 'fallback-mount': '/back-room' }),
    async play(stage) {
      await stage.source('/back-room', 'backup')
      const live = await stage.source('/front', 'live')
      const witness = await stage.listen('/front')
      await witness.hears('live')
      live.close()
      await witness.hears('live > backup')
      const direct = await stage.listen('/back-room')
      return { direct: direct.story(), says: direct.text(), story: witness.story() }
    },
    seen: { direct: '403', says: 'mountpoint unavailable', story: 'live > backup' },
    later: {
      why: '400, with another text',
      seen: { direct: '400', says: 'Mountpoint is not available for direct access', story: 'live > backup' },
    },
  },
]

const intros: Scene[] = [
  {
    name: 'an intro is played before the mount',
    elements: mountBlock('/intro', { intro: '/intro.mp3' }),
    async play(stage) {
      const source = await stage.source('/intro', 'live')
      const before = source.sent
      const witness = await stage.listen('/intro')
      await witness.hears('intro > live')
      return {
        story: witness.story(),
        intro: witness.frames('intro'),
        isPaced: source.sent - before > introFrames / 2,
      }
    },
    seen: { story: 'intro > live', intro: introFrames, isPaced: false },
    ours: {
      why: 'files are paced to the speed of the stream (docs/icecast.md#fallbacks-and-moves)',
      seen: { story: 'intro > live', intro: introFrames, isPaced: true },
    },
  },
  {
    name: 'listeners that are moved hear no intro',
    elements:
      mountBlock('/moved', { 'fallback-mount': '/moved2' }) + mountBlock('/moved2', { intro: '/intro.mp3' }),
    async play(stage) {
      await stage.source('/moved2', 'backup')
      const live = await stage.source('/moved', 'live')
      const witness = await stage.listen('/moved')
      await witness.hears('live')
      live.close()
      await witness.hears('live > backup')
      return { story: witness.story() }
    },
    seen: { story: 'live > backup' },
  },
]

compare('limits', [...limits, ...visibility, ...intros], {
  files: { 'intro.mp3': taggedFile('intro', introFrames) },
})
