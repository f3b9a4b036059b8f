import { afterAll } from 'vitest'
import { eventually } from '../../kit/base/eventually.ts'
import { compare, mountBlock, type Scene } from '../../kit/cluster/scene.ts'
import type { Stage } from '../../kit/cluster/stage.ts'
import { connectRaw } from '../../kit/wire/raw.ts'
import { startUpstream } from '../../kit/wire/upstream.ts'

const upstream = await startUpstream()
afterAll(() => upstream.close())

/** A `<relay>` of a mount of the upstream. */
const relay = (mount: string, onDemand: 0 | 1) =>
  `<relay><server>127.0.0.1</server><port>${upstream.port}</port><mount>${mount}</mount><on-demand>${onDemand}</on-demand></relay>`

/** Waits until a relay is known: Icecast checks its relays once a second, so they are not there right after its start. */
const isListed = (stage: Stage, mount: string) =>
  eventually(async () => (await stage.relay('/admin/streamlist.txt')).text.split(/\r?\n/).includes(mount))

const demanded: Scene[] = [
  {
    name: 'an idle on-demand relay is listed without listeners, and connects to no upstream',
    elements: relay('/idle', 1),
    async play(stage) {
      const before = upstream.asked('/idle')
      await isListed(stage, '/idle')
      const stats = (await stage.admin('/admin/stats?mount=/idle')).text
      return {
        isInJson: (await stage.ask('/status-json.xsl')).text.includes('/idle"'),
        listeners: /<listeners>(\d+)<\/listeners>/.exec(stats.slice(stats.indexOf('mount="/idle"')))?.[1],
        asked: upstream.asked('/idle') - before,
      }
    },
    seen: { isInJson: true, listeners: '0', asked: 0 },
    later: { why: 'it is only in the stats', seen: { isInJson: false, listeners: '0', asked: 0 } },
  },
  {
    name: 'the first listener starts it, the second shares it, and it stops after the last',
    elements: relay('/wakes', 1),
    async play(stage) {
      await isListed(stage, '/wakes')
      upstream.serve('/wakes', 'upstream')
      const before = upstream.asked('/wakes')
      const first = await stage.listen('/wakes')
      await first.hears('upstream')
      const second = await stage.listen('/wakes')
      await second.hears('upstream')
      const asked = upstream.asked('/wakes') - before
      first.listener.close()
      await second.goesOn()
      const whileOneStays = upstream.hearing('/wakes')
      second.listener.close()
      await eventually(() => upstream.hearing('/wakes') === 0)
      const again = await stage.listen('/wakes')
      await again.hears('upstream')
      return { stories: [first.story(), second.story(), again.story()], asked, whileOneStays }
    },
    seen: { stories: ['upstream', 'upstream', 'upstream'], asked: 1, whileOneStays: 1 },
  },
  {
    name: 'the first listener waits without a byte until the upstream has answered',
    elements: relay('/waits', 1),
    async play(stage) {
      await isListed(stage, '/waits')
      upstream.stall('/waits')
      const before = upstream.asked('/waits')
      const first = connectRaw(stage.server.port)
      stage.onCurtain(() => void first.socket.destroy())
      first.send('GET /waits HTTP/1.0\r\n\r\n')
      await eventually(() => upstream.asked('/waits') > before)
      const early = first.received()
      upstream.serve('/waits', 'upstream')
      const answer = await first.until(/^HTTP\/1\.\d 200 /)
      return { early, isAnswered: answer.includes('Content-Type: audio/mpeg') }
    },
    seen: { early: '', isAnswered: true },
  },
  {
    name: 'the upstream has no such mount: waiting listeners get 404, and later ones at once',
    elements: relay('/absent', 1),
    async play(stage) {
      await isListed(stage, '/absent')
      const before = upstream.asked('/absent')
      const first = await stage.listen('/absent')
      const later = await Promise.all([1, 2, 3, 4].map(() => stage.listen('/absent')))
      const asked = upstream.asked('/absent') - before
      // on a busy machine the later ones may come when it is time to ask again: once for all of them
      return { stories: [first, ...later].map((each) => each.story()), isAskedByEach: asked > 2 }
    },
    seen: { stories: ['404', '404', '404', '404', '404'], isAskedByEach: false },
  },
  {
    name: 'an on-demand relay serves as the fallback of a dead mount',
    elements: relay('/reserve', 1) + mountBlock('/absentee', { 'fallback-mount': '/reserve' }),
    async play(stage) {
      await isListed(stage, '/reserve')
      upstream.serve('/reserve', 'upstream')
      const witness = await stage.listen('/absentee')
      await witness.hears('upstream')
      return { story: witness.story() }
    },
    seen: { story: 'upstream' },
  },
  {
    name: 'moveclients to an idle on-demand relay starts it',
    elements: relay('/roused', 1),
    async play(stage) {
      await isListed(stage, '/roused')
      upstream.serve('/roused', 'upstream')
      await stage.source('/mover', 'live')
      const witness = await stage.listen('/mover')
      await witness.hears('live')
      const { status } = await stage.admin('/admin/moveclients?mount=/mover&destination=/roused')
      await witness.hears('live > upstream')
      return { status, story: witness.story() }
    },
    seen: { status: 200, story: 'live > upstream' },
  },
]

const permanent: Scene[] = [
  {
    name: 'moveclients to a relay whose upstream does not answer is refused, and moves no listener',
    elements: relay('/stalled', 0),
    async play(stage) {
      upstream.stall('/stalled')
      await stage.source('/stayer', 'live')
      await eventually(() => upstream.asked('/stalled') > 0)
      const witness = await stage.listen('/stayer')
      await witness.hears('live')
      const { status } = await stage.admin('/admin/moveclients?mount=/stayer&destination=/stalled')
      await witness.goesOn()
      return { status, story: witness.story() }
    },
    seen: { status: 400, story: 'live' },
    later: { why: 'another status', seen: { status: 404, story: 'live' } },
  },
  {
    name: 'a listener that waits in the fallback keeps an on-demand relay running, if it may be moved back',
    elements:
      relay('/longed-for', 1) +
      mountBlock('/longed-for', { 'fallback-mount': '/waiting-room', 'fallback-override': 1 }),
    async play(stage) {
      await isListed(stage, '/longed-for')
      upstream.serve('/longed-for', undefined) // the server before has heard it
      await stage.source('/waiting-room', 'backup')
      const witness = await stage.listen('/waiting-room')
      await witness.hears('backup')
      upstream.serve('/longed-for', 'upstream')
      await witness.hears('backup > upstream')
      return { story: witness.story() }
    },
    seen: { story: 'backup > upstream' },
  },
  {
    name: 'a relay that is not on demand runs without listeners; while its upstream is unreachable they hear the fallback',
    elements:
      relay('/steady', 0) +
      mountBlock('/steady', { 'fallback-mount': '/steady-backup', 'fallback-override': 1 }),
    async play(stage) {
      upstream.serve('/steady', 'upstream')
      await stage.source('/steady-backup', 'backup')
      await eventually(() => upstream.hearing('/steady') === 1)
      const witness = await stage.listen('/steady')
      await witness.hears('upstream')
      upstream.serve('/steady', undefined)
      await witness.hears('upstream > backup')
      return { story: witness.story() }
    },
    seen: { story: 'upstream > backup' },
  },
]

compare('relays', [...demanded, ...permanent])
