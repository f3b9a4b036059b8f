import { taggedFile } from '../../kit/audio/tagged.ts'
import { eventually } from '../../kit/base/eventually.ts'
import { compare, mountBlock, type Scene } from '../../kit/cluster/scene.ts'

/** frames of the file: a bit more than a second, so that it is heard several times */
const fileFrames = 50
/** bytes after which a listener stops reading: Icecast sends a file as fast as the connection allows */
const bytesMax = 400_000

/** A mount with a fallback file of its own: in Icecast all listeners of a file are one audience, whatever mount they came from. */
const withFile = (mount: string, settings: Record<string, string | number> = {}) =>
  mountBlock(mount, { 'fallback-mount': `${mount}.mp3`, ...settings })

const scenes: Scene[] = [
  {
    name: 'a dead mount with a file as its fallback serves the file',
    elements: withFile('/dead'),
    async play(stage) {
      const witness = await stage.listen('/dead', { bytesMax })
      await witness.hears('file')
      return { story: witness.story() }
    },
    seen: { story: 'file' },
  },
  {
    name: 'the source ends: its listeners hear the file in a loop',
    elements: withFile('/ends'),
    async play(stage) {
      const clock = await stage.source('/clock', 'third')
      const live = await stage.source('/ends', 'live')
      const witness = await stage.listen('/ends', { bytesMax })
      await witness.hears('live')
      const sent = clock.sent
      live.close()
      await witness.hears('live > file')
      // a busy machine may bring what is sent at once seconds late, so much more than that is at once, and much less is paced
      const isAtOnce = () => witness.frames('file') >= 8 * fileFrames
      await eventually(() => isAtOnce() || clock.sent - sent >= 4 * fileFrames)
      return { story: witness.story(), isPaced: !isAtOnce() }
    },
    seen: { story: 'live > file', isPaced: false },
    ours: {
      why: 'files are paced to the speed of the stream (docs/icecast.md#fallbacks-and-moves)',
      seen: { story: 'live > file', isPaced: true },
    },
  },
  {
    name: 'the source returns: listeners of the file move back as fallback-override says',
    elements: withFile('/returns', { 'fallback-override': 1 }),
    async play(stage) {
      const live = await stage.source('/returns', 'live')
      const witness = await stage.listen('/returns', { bytesMax })
      await witness.hears('live')
      live.close()
      await witness.hears('live > file')
      await stage.source('/returns', 'third')
      const late = await stage.listen('/returns')
      await late.hears('third')
      witness.listener.resume()
      await witness.hears('live > file > third')
      return { story: witness.story() }
    },
    seen: { story: 'live > file > third' },
  },
]

const file = taggedFile('file', fileFrames)
compare('files as fallbacks', scenes, { files: { 'dead.mp3': file, 'ends.mp3': file, 'returns.mp3': file } })
