import { compare, mountBlock, type Scene } from '../../kit/cluster/scene.ts'
import type { Answer } from '../../kit/cluster/stage.ts'

/** The content of an answer, without its format. */
const sayingOf = ({ status, text }: Answer) => ({
  status,
  says: /<message>(.*?)<\/message>|<b>\d+ - (.*?)<\/b>/s.exec(text)?.slice(1).join('') ?? text.trim(),
})

const scenes: Scene[] = [
  {
    name: 'moveclients moves the listeners of a mount to another, on the same connection',
    async play(stage) {
      await Promise.all([stage.source('/from', 'live'), stage.source('/to', 'backup')])
      const witnesses = await Promise.all([stage.listen('/from'), stage.listen('/from')])
      await Promise.all(witnesses.map((witness) => witness.hears('live')))
      const answer = sayingOf(await stage.admin('/admin/moveclients?mount=/from&destination=/to'))
      await Promise.all(witnesses.map((witness) => witness.hears('live > backup')))
      const late = await stage.listen('/from')
      await late.hears('live')
      return { ...answer, stories: witnesses.map((witness) => witness.story()), late: late.story() }
    },
    seen: {
      status: 200,
      says: 'Clients moved from /from to /to',
      stories: ['live > backup', 'live > backup'],
      late: 'live',
    },
  },
  {
    name: 'moveclients names the error',
    async play(stage) {
      await stage.source('/wrong', 'live')
      const ask = async (query: string) => sayingOf(await stage.admin(`/admin/moveclients?${query}`))
      return {
        nowhere: await ask('mount=/wrong&destination=/nowhere'),
        itself: await ask('mount=/wrong&destination=/wrong'),
        unknown: await ask('mount=/nowhere&destination=/wrong'),
        without: await ask('destination=/wrong'),
      }
    },
    seen: {
      nowhere: { status: 400, says: 'No such destination' },
      itself: { status: 400, says: 'supplied mountpoints are identical' },
      unknown: { status: 400, says: 'Source does not exist' },
      without: { status: 400, says: 'Unknown admin request' },
    },
    later: { why: 'its answers are reports with other texts' },
  },
  {
    name: 'moveclients without a destination lists the mounts to choose from',
    async play(stage) {
      await Promise.all([stage.source('/choose', 'live'), stage.source('/choice', 'backup')])
      const { status, text } = await stage.admin('/admin/moveclients?mount=/choose')
      const named = (mount: string) => text.includes(`mount="${mount}"`)
      return {
        status,
        choice: named('/choice'),
        itself: text.includes('<current_source>/choose</current_source>'),
      }
    },
    seen: { status: 200, choice: true, itself: true },
  },
  {
    name: 'moveclients to a mount of another format succeeds, and moves no listener',
    async play(stage) {
      await Promise.all([stage.source('/mp3', 'live'), stage.oggSource('/ogg', 'backup')])
      const witness = await stage.listen('/mp3')
      await witness.hears('live')
      const { status } = await stage.admin('/admin/moveclients?mount=/mp3&destination=/ogg')
      await witness.goesOn()
      return { status, story: witness.story() }
    },
    seen: { status: 200, story: 'live' },
  },
  {
    name: 'a moved listener follows the fallback of the mount where it is now',
    elements: mountBlock('/second', { 'fallback-mount': '/second-backup' }),
    async play(stage) {
      await Promise.all([stage.source('/origin', 'live'), stage.source('/second-backup', 'third')])
      const second = await stage.source('/second', 'backup')
      const witness = await stage.listen('/origin')
      await witness.hears('live')
      await stage.admin('/admin/moveclients?mount=/origin&destination=/second')
      await witness.hears('live > backup')
      second.close()
      await witness.hears('live > backup > third')
      return { story: witness.story() }
    },
    seen: { story: 'live > backup > third' },
  },
  {
    name: 'fallbacks sets the fallback of a mount until the next reload',
    async play(stage) {
      await stage.source('/set-backup', 'backup')
      const live = await stage.source('/set', 'live')
      const witness = await stage.listen('/set')
      await witness.hears('live')
      const { status } = await stage.admin('/admin/fallbacks?mount=/set&fallback=/set-backup')
      live.close()
      await witness.hears('live > backup')
      return { status, story: witness.story() }
    },
    seen: { status: 200, story: 'live > backup' },
  },
]

compare('moves', scenes)
