import { compare, mountBlock, type Scene } from '../../kit/cluster/scene.ts'

/** Mounts /NAME1 … /NAMEn, each with the next as its fallback. */
const chain = (name: string, length: number) =>
  Array.from({ length }, (_, i) =>
    mountBlock(`/${name}${i + 1}`, { 'fallback-mount': `/${name}${i + 2}` }),
  ).join('')

/** A request for a mount without a source. */
const asking: Scene[] = [
  {
    name: 'a dead mount with a fallback serves the fallback',
    elements: mountBlock('/ask', { 'fallback-mount': '/ask-backup' }),
    async play(stage) {
      await stage.source('/ask-backup', 'backup')
      const witness = await stage.listen('/ask')
      await witness.hears('backup')
      return { story: witness.story(), type: witness.listener.headers.get('content-type') }
    },
    seen: { story: 'backup', type: 'audio/mpeg' },
  },
  {
    name: 'a chain of nine fallbacks is followed',
    elements: chain('nine', 9),
    async play(stage) {
      await stage.source('/nine10', 'backup')
      const witness = await stage.listen('/nine1')
      await witness.hears('backup')
      return { story: witness.story() }
    },
    seen: { story: 'backup' },
  },
  {
    name: 'a chain of ten is not followed: ten mounts are tried, the first included',
    elements: chain('ten', 10),
    async play(stage) {
      await stage.source('/ten11', 'backup')
      return { story: (await stage.listen('/ten1')).story() }
    },
    seen: { story: '404' },
  },
  {
    name: 'the first running mount of a chain is served',
    elements: chain('first', 3),
    async play(stage) {
      await stage.source('/first3', 'third')
      await stage.source('/first2', 'backup')
      const witness = await stage.listen('/first1')
      await witness.hears('backup')
      return { story: witness.story() }
    },
    seen: { story: 'backup' },
  },
  {
    name: 'a dead mount whose fallbacks are dead, circular or missing is 404',
    elements: chain('dead', 2) + mountBlock('/round', { 'fallback-mount': '/round' }),
    async play(stage) {
      const stories = ['/dead1', '/round', '/nowhere'].map(async (path) => (await stage.listen(path)).story())
      return { stories: await Promise.all(stories) }
    },
    seen: { stories: ['404', '404', '404'] },
  },
]

/** The source ends while listeners are connected. */
const ending: Scene[] = [
  {
    name: 'the source ends: its listeners hear the fallback on the same connection',
    elements: mountBlock('/end', { 'fallback-mount': '/end-backup' }),
    async play(stage) {
      await stage.source('/end-backup', 'backup')
      const live = await stage.source('/end', 'live')
      const witness = await stage.listen('/end')
      await witness.hears('live')
      live.close()
      await witness.hears('live > backup')
      await witness.goesOn()
      return { story: witness.story(), closed: witness.listener.isClosed }
    },
    seen: { story: 'live > backup', closed: false },
  },
  {
    name: 'the source ends and there is no fallback: its listeners are closed',
    async play(stage) {
      const live = await stage.source('/alone', 'live')
      const witness = await stage.listen('/alone')
      await witness.hears('live')
      live.close()
      await witness.isClosed()
      return { story: witness.story() }
    },
    seen: { story: 'live' },
  },
  {
    name: 'the source ends and the fallback is of another format: its listeners are closed',
    elements: mountBlock('/other', { 'fallback-mount': '/other-backup' }),
    async play(stage) {
      await stage.oggSource('/other-backup', 'backup')
      const live = await stage.source('/other', 'live')
      const witness = await stage.listen('/other')
      await witness.hears('live')
      live.close()
      await witness.isClosed()
      return { story: witness.story() }
    },
    seen: { story: 'live' },
  },
  {
    name: 'the source of an Ogg mount ends: the header pages of the fallback come first',
    elements: mountBlock('/end.ogg', { 'fallback-mount': '/end-backup.ogg' }),
    async play(stage) {
      await stage.oggSource('/end-backup.ogg', 'backup')
      const live = await stage.oggSource('/end.ogg', 'live')
      const witness = await stage.listen('/end.ogg')
      await witness.hears('live')
      live.close()
      await witness.hears('live > backup')
      return { story: witness.story() }
    },
    seen: { story: 'live > backup' },
  },
  {
    name: 'the fallback ends too: its listeners move to the next',
    elements: chain('next', 2),
    async play(stage) {
      await stage.source('/next3', 'third')
      const backup = await stage.source('/next2', 'backup')
      const live = await stage.source('/next1', 'live')
      const witness = await stage.listen('/next1')
      await witness.hears('live')
      live.close()
      await witness.hears('live > backup')
      backup.close()
      await witness.hears('live > backup > third')
      return { story: witness.story() }
    },
    seen: { story: 'live > backup > third' },
  },
]

/** The source returns: which of the fallback's listeners move back. */
const returning = (override: string): Pick<Scene, 'elements' | 'play'> => ({
  elements: mountBlock(`/back-${override}`, {
    'fallback-mount': `/back-${override}-backup`,
    'fallback-override': override,
  }),
  async play(stage) {
    await stage.source(`/back-${override}-backup`, 'backup')
    const live = await stage.source(`/back-${override}`, 'live')
    const moved = await stage.listen(`/back-${override}`)
    const direct = await stage.listen(`/back-${override}-backup`)
    await Promise.all([moved.hears('live'), direct.hears('backup')])
    live.close()
    await moved.hears('live > backup')
    await stage.source(`/back-${override}`, 'third')
    const late = await stage.listen(`/back-${override}`)
    await late.hears('third')
    await Promise.all([moved, direct, late].map((witness) => witness.goesOn()))
    return { moved: moved.story(), direct: direct.story(), late: late.story() }
  },
})

const back: Scene[] = [
  {
    name: 'the source returns, fallback-override 0: all stay with the fallback',
    ...returning('0'),
    seen: { moved: 'live > backup', direct: 'backup', late: 'third' },
  },
  {
    name: 'the source returns, fallback-override 1: all move, also those that requested the fallback itself',
    ...returning('1'),
    seen: { moved: 'live > backup > third', direct: 'backup > third', late: 'third' },
  },
  {
    name: 'the source returns, fallback-override all: a value of 2.5',
    ...returning('all'),
    seen: { moved: 'live > backup', direct: 'backup', late: 'third' },
    later: {
      why: 'different texts, and own means all',
      seen: { moved: 'live > backup > third', direct: 'backup > third', late: 'third' },
    },
    ours: {
      why: '2.4 reads the values of 2.5 as 0',
      seen: { moved: 'live > backup > third', direct: 'backup > third', late: 'third' },
    },
  },
  {
    name: 'the source returns, fallback-override own: a value of 2.5',
    ...returning('own'),
    seen: { moved: 'live > backup', direct: 'backup', late: 'third' },
    later: {
      why: 'different texts, and own means all',
      seen: { moved: 'live > backup > third', direct: 'backup > third', late: 'third' },
    },
    ours: {
      why: 'each listener belongs to the mount that it requested (docs/icecast.md#fallbacks-and-moves), and 2.4 reads the value as 0',
      seen: { moved: 'live > backup > third', direct: 'backup', late: 'third' },
    },
  },
]

compare('fallbacks', [...asking, ...ending, ...back])
