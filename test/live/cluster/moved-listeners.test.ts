import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { numberedFrame } from '../../kit/audio/numbered-frames.ts'
import { numbersHeard } from '../../kit/audio/numbers-heard.ts'
import { basic, numbered, startSource } from '../../kit/audio/source.ts'
import { eventually } from '../../kit/base/eventually.ts'
import { pathOf, peer } from '../../kit/peers/peers.ts'
import { testFolder } from '../../kit/process/files.ts'
import { type OriginRuntime, originRuntimes, secrets, startOrigin } from '../../kit/process/runtimes.ts'
import { type Listener, listen } from '../../kit/wire/listener.ts'

const live = '/live.mp3'
const backup = '/backup.mp3'
/** the backup's frames are numbered from here on, those of the returning source from twice as far */
const backupAt = 1_000_000
const returnAt = 2_000_000

const mountsFile = (liveSettings: string) => `<icecast>
<mount><mount-name>${live}</mount-name><fallback-mount>${backup}</fallback-mount>
<fallback-override>own</fallback-override>${liveSettings}</mount>
</icecast>`

/** A server with these settings for its live mount, and ways to play to it. */
async function server(runtime: OriginRuntime, liveSettings = '') {
  const file = join(testFolder(), 'icecast.xml')
  writeFileSync(file, mountsFile(liveSettings))
  const origin = await startOrigin(runtime, ['--config', file])
  onTestFinished(() => origin.stop())
  const play = async (mount: string, from: number, headers: Record<string, string> = {}) => {
    const programme = { ...numbered, at: (n: number) => numberedFrame(from + n) }
    const source = startSource({ url: origin.url + mount, password: secrets.source, programme, headers })
    onTestFinished(() => source.close())
    await eventually(() => source.isPlaying)
    return source
  }
  const entitle = (mount: string, title: string) =>
    fetch(`${origin.url}/admin/metadata?mode=updinfo&mount=${mount}&song=${encodeURIComponent(title)}`, {
      headers: { Authorization: basic('admin', secrets.admin) },
    })
  const hear = async (icy: boolean) => {
    const listener = await listen(origin.url + live, { icy })
    onTestFinished(() => listener.close())
    return listener
  }
  return { origin, file, play, entitle, listen: hear }
}

/** The origin of a listener's frames, as stretches without gap or repetition. */
function stretches(listener: Listener): { from: number; count: number }[] {
  const found: { from: number; count: number }[] = []
  for (const n of numbersHeard(listener.audio(), 0).numbers) {
    const last = found.at(-1)
    if (last && n === last.from + last.count) last.count++
    else found.push({ from: n, count: 1 })
  }
  return found
}

/** Moves listeners to the fallback and back, and returns when all have heard enough of each. */
async function thereAndBack(runtime: OriginRuntime) {
  const { play, entitle, listen } = await server(runtime)
  await play(backup, backupAt)
  const source = await play(live, 0)
  await entitle(backup, 'the backup')
  await entitle(live, 'the first')
  await eventually(() => source.sent > 120)
  const listeners = [await listen(true), await listen(false)]
  const hear = (from: number) =>
    eventually(() =>
      listeners.every((listener) => stretches(listener).some((s) => s.from >= from && s.count > 100)),
    )
  await hear(0)
  source.close()
  await hear(backupAt)
  await play(live, returnAt)
  await entitle(live, 'the last')
  await hear(returnAt)
  return listeners
}

describe.for(originRuntimes)('a moved listener on %s', (runtime) => {
  test('hears complete frames of one mount after the other on one connection, with titles on its announced grid', async () => {
    for (const listener of await thereAndBack(runtime)) {
      expect(stretches(listener).map(({ from }) => Math.floor(from / backupAt))).toEqual([0, 1, 2])
      expect(listener.isClosed).toBe(false)
      if (!listener.headers.has('icy-metaint')) continue
      const metaint = Number(listener.headers.get('icy-metaint'))
      const titles = listener.titles.map(({ title }) => title).filter((title) => title !== '')
      expect(titles).toEqual(expect.arrayContaining(['the first', 'the backup', 'the last']))
      for (const { atByte } of listener.titles) expect(atByte % metaint).toBe(0)
    }
  })

  peer('mpg123', 'ffmpeg')(
    'is played by mpg123 and FFmpeg to the end: neither gives up at a seam',
    async () => {
      const file = join(testFolder(), 'heard.mp3')
      for (const listener of await thereAndBack(runtime)) {
        const audio = listener.audio()
        writeFileSync(file, audio)
        const samples = numbersHeard(audio, 0).numbers.length * 1152
        const byMpg123 = spawnSync(pathOf('mpg123') ?? '', ['-q', '--no-gapless', '-s', file], {
          maxBuffer: 2 ** 28,
        })
        const byFfmpeg = spawnSync(pathOf('ffmpeg') ?? '', ['-v', 'error', '-i', file, '-f', 's16le', '-'], {
          maxBuffer: 2 ** 28,
        })
        for (const { stdout } of [byMpg123, byFfmpeg])
          expect(Math.abs(stdout.length / 4 - samples)).toBeLessThan(4 * 1152)
      }
    },
  )

  test('SIGHUP: settings of a running mount take effect, and no listener is dropped', async () => {
    const { origin, file, play, listen } = await server(runtime, '<max-listeners>1</max-listeners>')
    await play(live, 0, { 'Ice-Name': 'the source says' })
    const first = await listen(true)
    expect((await listen(false)).status).toBe(403)
    writeFileSync(
      file,
      mountsFile(
        '<max-listeners>2</max-listeners><stream-name>the operator says</stream-name><mp3-metadata-interval>8000</mp3-metadata-interval>',
      ),
    )
    origin.program.signal('SIGHUP')
    await origin.program.line(/configuration read again/)
    const second = await listen(true)
    expect([second.status, second.headers.get('icy-name')]).toEqual([200, 'the operator says'])
    expect([first, second].map(({ headers }) => headers.get('icy-metaint'))).toEqual(['16000', '8000'])
    await eventually(() => [first, second].every((listener) => listener.bytesHeard > 150_000))
    for (const listener of [first, second]) expect(stretches(listener)).toHaveLength(1)
  })
})
