import { stretchesOf } from '../../kit/audio/tagged.ts'
import { eventually } from '../../kit/base/eventually.ts'
import { compare, type Scene } from '../../kit/cluster/scene.ts'
import type { Stage, Witness } from '../../kit/cluster/stage.ts'

/** bytes of the longest frame; the others are a byte shorter */
const frameBytesMax = 418

/** Whether the bytes that a listener heard begin with a complete frame. */
const beginsWithFrame = ({ listener }: Witness) =>
  stretchesOf(listener.audio().subarray(0, frameBytesMax)).strayBytes <= 1

/** Sets titles one after the other, each once the previous one has been heard, or a later one if it must not be. */
async function titlesHeard(stage: Stage, mount: string, queries: readonly string[]): Promise<string[]> {
  const { listener } = await stage.listen(mount, { icy: true })
  for (const query of queries) {
    const before = listener.titles.length
    await stage.admin(`/admin/metadata?mode=updinfo&mount=${mount}&charset=UTF-8&${query}`)
    await eventually(() => listener.titles.length > before)
  }
  return listener.titles.map(({ title }) => title).filter((title) => title !== '')
}

const scenes: Scene[] = [
  {
    name: 'where late listeners of MP3 begin',
    async play(stage) {
      const source = await stage.source('/late.mp3', 'live')
      await eventually(() => source.sent > 60)
      const witnesses: Witness[] = []
      for (let i = 0; i < 3; i++) {
        const witness = await stage.listen('/late.mp3')
        await witness.goesOn(13)
        witnesses.push(witness)
      }
      return { allBeginWithFrame: witnesses.every(beginsWithFrame) }
    },
    seen: { allBeginWithFrame: false },
    ours: {
      why: 'they begin with a complete frame (docs/icecast.md#where-a-listener-begins)',
      seen: { allBeginWithFrame: true },
    },
  },
  {
    name: 'a late listener of Ogg gets the header pages first',
    async play(stage) {
      const source = await stage.oggSource('/late.ogg', 'live')
      await eventually(() => source.sent > 100)
      const witness = await stage.listen('/late.ogg', { icy: true })
      await witness.hears('live')
      return { story: witness.story(), metaint: witness.listener.headers.get('icy-metaint') }
    },
    seen: { story: 'live', metaint: undefined },
  },
  {
    name: 'a Content-Type with parameters',
    async play(stage) {
      const source = await stage.oggSource('/typed.ogg', 'live', 'audio/ogg; codecs=opus')
      await eventually(() => source.sent > 100)
      const witness = await stage.listen('/typed.ogg')
      await eventually(() => witness.story() !== '')
      const [begins] = witness.story().split(' > ')
      return { begins, type: witness.listener.headers.get('content-type') }
    },
    seen: { begins: 'live headless', type: 'audio/ogg; codecs=opus' },
    later: { why: 'parameters are cut there too', seen: { begins: 'live', type: 'audio/ogg; codecs=opus' } },
    ours: {
      why: 'the media type is read without its parameters (docs/icecast.md#codecs)',
      seen: { begins: 'live', type: 'audio/ogg; codecs=opus' },
    },
  },
  {
    name: 'a late listener gets the title at the first interval',
    async play(stage) {
      await stage.source('/titled', 'live')
      await stage.admin('/admin/metadata?mode=updinfo&mount=/titled&charset=UTF-8&song=Now')
      const { listener } = await stage.listen('/titled', { icy: true })
      await eventually(() => listener.titles.length > 0)
      return { titles: listener.titles, metaint: listener.headers.get('icy-metaint') }
    },
    seen: { titles: [{ atByte: 16_000, title: 'Now' }], metaint: '16000' },
  },
  {
    name: 'titles as listeners get them, with a song after a title with an artist',
    async play(stage) {
      await stage.source('/songs', 'live')
      const queries = ['artist=Artist&title=Title', 'song=Song', 'artist=Other&title=Title']
      return { titles: await titlesHeard(stage, '/songs', queries) }
    },
    seen: { titles: ['Artist - Title', 'Artist - Song', 'Other - Title'] },
    ours: {
      why: 'a song replaces artist and title (docs/icecast.md#icy-metadata)',
      seen: { titles: ['Artist - Title', 'Song', 'Other - Title'] },
    },
  },
]

compare('where listeners begin, and what they are told', scenes)
