import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import type { Frame } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, onTestFinished } from 'vitest'
import { type Source, setTitle, startSource } from '../../kit/audio/source.ts'
import { eventually, longPatienceMs } from '../../kit/base/eventually.ts'
import {
  compareSamples,
  type EncodedSound,
  encodeSound,
  ffmpeg,
  type HlsSound,
  hlsSounds,
  packetsIn,
} from '../../kit/hls/hls-kinds.ts'
import { readMultivariant } from '../../kit/hls/hls-readers.ts'
import type { PlayerLook } from '../../kit/hls/player-watch.ts'
import { peer } from '../../kit/peers/peers.ts'
import { suiteFolder } from '../../kit/process/files.ts'
import { fixture, pagesOf } from '../../kit/process/fixtures.ts'
import { start } from '../../kit/process/process.ts'
import {
  masterAt,
  type Server,
  secrets,
  slaveOf,
  startEdge,
  startOrigin,
} from '../../kit/process/runtimes.ts'
import { peerSeconds } from '../../kit/run/peer-seconds.ts'

/** a soak plays every kind by every player; a run of all tests has not the time */
const isLong = peerSeconds >= 60
const segmentSeconds = isLong ? 4 : 1
/** ms: some 140 players for two minutes, and what they heard to compare */
const longMs = 900_000
/** all players come from one address, which may have a quarter of a server's listeners */
const crowded = ['--max-listeners', '1000']
/** s after which the late ones join */
const lateSeconds = segmentSeconds * 6

/** of each sound: the early players and the late ones, and some for the start */
const soundSeconds = 2 * peerSeconds + 30

/** What ffmpeg 5.1 prints of streams that are as they should be (docs/hls.md#what-players-print). */
const known = [
  /changing ID3 metadata in HLS audio elementary stream is not implemented/i,
  /Update your FFmpeg version|If you want to help, upload a sample|^\s*$/,
  /Found duplicated MOOV Atom\. Skipped it/,
  /Last message repeated/,
  /Cannot reuse HTTP connection for different host/,
  /keepalive request failed for .* when parsing playlist/,
  /Non-monotonous DTS in output stream|^Invalid audio PTS/,
]
const unknownLines = (output: string) =>
  output.split('\n').filter((line) => !known.some((pattern) => pattern.test(line)))

interface Playing extends HlsSound, EncodedSound {
  mount: string
}

/** A player in Chromium. */
interface BrowserCell {
  name: string
  /** it began when the playlist was long */
  isLate: boolean
  /** where it has to play from; undefined: anywhere */
  host: string | undefined
  frame: Frame
  /** the first look at which it played */
  begun: PlayerLook | undefined
}

describe('every kind of sound by HLS', () => {
  const folder = suiteFolder()
  chmodSync(folder, 0o755)
  const started: Server[] = []
  const sources: Source[] = []
  let servers: { edge: Server; master: Server; slave: Server }
  let playing: Playing[] = []
  beforeAll(async () => {
    const also = async (server: Promise<Server>) => {
      started.push(await server)
      return server
    }
    const encoded = hlsSounds.map((sound) => ({
      ...sound,
      ...encodeSound(sound, soundSeconds, folder),
    }))
    const config = join(folder, 'icecast.xml')
    writeFileSync(
      config,
      `<icecast><limits><sources>${3 * hlsSounds.length}</sources></limits><hls-segment>${segmentSeconds}</hls-segment></icecast>`,
    )
    const edge = await also(startEdge('bun'))
    const master = await also(startOrigin('node', [...masterAt(edge), '--config', config, ...crowded]))
    const slave = await also(startOrigin('bun', [...slaveOf(edge), ...crowded]))
    servers = { edge, master, slave }
    playing = await play('sound', encoded)
  })
  /** Begins each sound at a mount of its own, and waits until all servers have it. */
  async function play(prefix: string, sounds: readonly (HlsSound & EncodedSound)[]): Promise<Playing[]> {
    const { master, slave, edge } = servers
    const begun = sounds.map((sound, i) => {
      const mount = `/${prefix}-${i}.${sound.extension}`
      const contentType = { mp3: 'audio/mpeg', aac: 'audio/aac', ogg: 'audio/ogg' }[sound.extension]
      const url = master.url + mount
      const source = startSource({ url, password: secrets.source, programme: sound.programme, contentType })
      sources.push(source)
      return { ...sound, mount }
    })
    // a slave that has no such mount yet sends its listeners to the edge, where they would play from another server
    const answers = async (url: string, status: number) =>
      (await fetch(url, { method: 'HEAD', redirect: 'manual' })).status === status
    for (const { mount } of begun) {
      await eventually(() => answers(slave.url + mount, 200))
      await eventually(() => answers(edge.url + mount, 302))
    }
    return begun
  }
  afterAll(async () => {
    for (const source of sources) source.close()
    await Promise.all(started.map((server) => server.stop()))
  })

  let players = 0
  const run = async (command: string, args: readonly string[], options = {}) => {
    const player = start(command, args, options)
    const { code } = await player.exited
    return { code, output: player.output() }
  }

  /** What is left to check when no player plays any more: it computes for long, and sources must not wait for it. */
  type Check = () => void

  const problemsOf = (checks: readonly Check[]) =>
    checks.flatMap((check) => {
      try {
        check()
        return []
      } catch (problem) {
        return [problem]
      }
    })

  /** Each packet that ffmpeg gets. */
  async function byFfmpeg({ mount, packets }: Playing, { url }: Server): Promise<Check> {
    const heardIn = join(folder, `ffmpeg-${++players}.framemd5`)
    const input = ['-nostdin', '-v', 'warning', '-i', `${url}${mount}.m3u8`]
    const out = ['-t', `${peerSeconds}`, '-c', 'copy', '-f', 'framemd5', heardIn]
    const { code, output } = await run('ffmpeg', [...input, ...out])
    return () => {
      expect([mount, url, code, unknownLines(output)]).toEqual([mount, url, 0, []])
      expectPart(packetsIn(readFileSync(heardIn, 'utf8')), packets, peerSeconds * 0.9)
    }
  }

  /** The packets follow each other as in the source, none is missing, none is there twice. */
  function expectPart(heard: string, packets: string, seconds: number): void {
    const count = (text: string) => text.split('\n').length - 1
    expect((count(heard) / count(packets)) * soundSeconds).toBeGreaterThan(seconds)
    expect(packets.includes(`\n${heard}`) || packets.startsWith(heard)).toBe(true)
  }

  /** The samples that mpv decodes. */
  async function byMpv(sound: Playing, { url }: Server): Promise<Check> {
    const { name, mount, file, codecs, samplerate, channels } = sound
    const heardIn = join(folder, `mpv-${++players}.pcm`)
    const out = ['--ao=pcm', '--ao-pcm-waveheader=no', `--ao-pcm-file=${heardIn}`, '--audio-format=float']
    const flags = ['--no-config', '--no-video', '--msg-level=all=error', `--length=${peerSeconds}`, ...out]
    const { code, output } = await run('mpv', [...flags, `${url}${mount}.m3u8`])
    return () => {
      expect([name, code, unknownLines(output)]).toEqual([name, 0, []])
      const heard = floatsOf(readFileSync(heardIn))
      expect(heard.length / channels / samplerate).toBeGreaterThan(peerSeconds * 0.75)
      // its decoders make the upper half of HE-AAC from noise that depends on where they began
      if (codecs === 'mp4a.40.5') return
      const source = floatsOf(ffmpeg(['-i', file, '-f', 'f32le', '-']))
      // a decoder that begins within a stream lacks what frames before the first have left: some frames; for Opus some dozen
      const settle = Math.round(samplerate * (codecs === 'opus' ? 2 : 0.5))
      const { difference } = compareSamples(heard, source, sound, settle)
      const isSame = difference < (codecs === 'opus' ? 0.01 : 0.0001)
      expect([name, isSame], `${difference}`).toEqual([name, true])
    }
  }

  /** Each packet that VLC gets. */
  async function byVlc({ mount, file, extension, packets }: Playing, { url }: Server): Promise<Check> {
    const home = join(folder, `vlc-${++players}`)
    mkdirSync(home)
    chmodSync(home, 0o777) // VLC refuses to run as root, so it runs as nobody
    const heardIn = join(home, 'heard.mkv')
    const out = ['--sout', `#std{access=file,mux=ffmpeg{mux=matroska},dst=${heardIn}}`]
    const flags = ['--no-color', ...out, `--run-time=${peerSeconds + 5}`, '--play-and-exit']
    const environment = { unprivileged: true, env: { HOME: home } }
    const { output } = await run('cvlc', [...flags, `${url}${mount}.m3u8`, 'vlc://quit'], environment)
    return () => {
      expect(existsSync(heardIn), output).toBe(true)
      const inMkv = (from: string) => {
        const asc = extension === 'aac' && from === file ? ['-bsf:a', 'aac_adtstoasc'] : []
        return packetsIn(ffmpeg(['-i', from, '-c', 'copy', ...asc, '-f', 'framemd5', '-']).toString())
      }
      // its clock begins before it has the first packet
      expectPart(inMkv(heardIn), extension === 'aac' ? inMkv(file) : packets, peerSeconds - 6)
    }
  }

  const firstOf = (codecs: string) => playing.find((sound) => sound.codecs === codecs)
  /** one of each codec */
  const some = () => ['mp4a.40.34', 'mp4a.40.5', 'opus', 'fLaC'].flatMap((codecs) => firstOf(codecs) ?? [])

  peer('ffmpeg')('is named in CODECS by master, slave and edge', async () => {
    for (const { mount, codecs } of playing)
      for (const { url } of Object.values(servers))
        await eventually(async () => {
          const { variants } = readMultivariant(await (await fetch(`${url}${mount}.m3u8`)).text())
          expect([mount, url, variants[0]?.codecs]).toEqual([mount, url, codecs])
          return true
        })
  })

  peer('ffmpeg', 'mpv', 'cvlc')(
    'is played by ffmpeg, mpv and VLC from master, slave and edge, from its start and later: each packet once, in order; samples are those of the source',
    async () => {
      const { edge, master, slave } = servers
      const all = [master, slave, edge]
      const early = playing.flatMap((sound) => [
        byFfmpeg(sound, master),
        ...(isLong ? [byFfmpeg(sound, slave), byFfmpeg(sound, edge)] : []),
        ...(isLong ? all.map((server) => byMpv(sound, server)) : []),
      ])
      await wait(lateSeconds * 1000)
      for (const { mount, extension } of playing)
        if (extension !== 'ogg') await setTitle(master.url + mount, secrets.source, 'Another title')
      const late = [
        ...playing.flatMap((sound) => [
          byFfmpeg(sound, edge),
          ...(isLong ? [byFfmpeg(sound, master), byFfmpeg(sound, slave)] : []),
        ]),
        ...(isLong
          ? playing.flatMap((sound) => all.flatMap((server) => [byMpv(sound, server), byVlc(sound, server)]))
          : some().flatMap((sound) => [byMpv(sound, edge), byVlc(sound, slave)])),
      ]
      const checks = await Promise.all([...early, ...late])
      expect(problemsOf(checks)).toEqual([])
    },
    isLong ? longMs : undefined,
  )

  if (isLong)
    peer('ffmpeg', 'cvlc')(
      'is played by VLC from master, slave and edge, from the start of its source: each packet once, in order',
      async () => {
        const sounds = await play('vlc', playing)
        const cells = sounds.flatMap((sound) => Object.values(servers).map((server) => byVlc(sound, server)))
        expect(problemsOf(await Promise.all(cells))).toEqual([])
      },
      longMs,
    )

  // a run of all tests has three other files with Chromium, and 84 players cost more than that
  if (isLong)
    peer('ffmpeg', 'chromium')(
      'is played by hls.js and video.js from master, slave and edge, from the start of its source and later: one buffered range; those that come later do not stall, and play at the pace of the clock',
      async () => {
        const { browserPath, launch } = await import('../../kit/peers/browser.ts')
        const { HlsStage, lookAt } = await import('../../kit/hls/hls-stage.ts')
        if (browserPath === undefined) throw new Error('there is no Chromium')
        const browser = await launch(browserPath, ['--autoplay-policy=no-user-gesture-required'])
        onTestFinished(() => browser.close())
        const stage = new HlsStage()
        await stage.open(browser)
        onTestFinished(() => stage.close())

        const cells: BrowserCell[] = []
        const sounds = await play('browser', playing)
        /** Begins all players of one sound at once, then those of the next. */
        const begin = async (isLate: boolean) => {
          for (const { name, mount, extension, codecs } of sounds)
            await Promise.all(
              Object.entries(servers).map(async ([role, { url }]) => {
                const host = role === 'edge' ? undefined : new URL(url).host
                const add = (player: string, frame: Frame) =>
                  cells.push({ name: [player, name, role].join(', '), isLate, host, frame, begun: undefined })
                // docs/hls.md#players: they read all but these
                if (codecs !== 'mp4a.40.33') add('hls.js', await stage.playByHlsJs(`${url}${mount}.m3u8`))
                if (extension !== 'mp3') add('video.js', await stage.playByVideoJs(`${url}${mount}.m3u8`))
              }),
            )
        }
        /** Waits until all have played so many seconds since they were first seen to play. */
        const advance = (seconds: number) =>
          eventually(
            async () => {
              const late: unknown[] = []
              for (const cell of cells) {
                const look = await lookAt(cell.frame)
                if (!hasPlayed(cell, look, seconds)) late.push([cell.name, look])
              }
              if (late.length > 0) throw new Error(`have not played ${seconds} s: ${JSON.stringify(late)}`)
              return true
            },
            { withinMs: longPatienceMs + seconds * 1000, everyMs: 500 },
          )
        await begin(false)
        await advance(lateSeconds)
        await begin(true)
        await advance(peerSeconds)
        for (const cell of cells) expectPlayed(cell, await lookAt(cell.frame))
      },
      longMs,
    )

  peer('ffmpeg')('is 404 where HLS has no place for its codec, and the master says why', async () => {
    const { master, slave } = servers
    const pages = pagesOf(fixture('vorbis.ogg')).map((at, i, all) =>
      fixture('vorbis.ogg').subarray(at, all[i + 1]),
    )
    const programme = { at: (n: number) => pages[n % pages.length] ?? new Uint8Array(), frameMs: 200 }
    const source = startSource({
      url: `${master.url}/vorbis.ogg`,
      password: secrets.source,
      programme,
      contentType: 'audio/ogg',
    })
    try {
      for (const path of ['/vorbis.ogg.m3u8', '/hls/vorbis.ogg/media.m3u8'])
        await eventually(async () => {
          const answer = await fetch(master.url + path)
          expect([answer.status, await answer.text()]).toEqual([404, expect.stringContaining('Vorbis')])
          return true
        })
      expect((await fetch(`${slave.url}/hls/vorbis.ogg/media.m3u8`)).status).toBe(404)
    } finally {
      source.close()
    }
  })
})

const floatsOf = (bytes: Buffer) =>
  new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + (bytes.length & ~3)))

/** Whether a player has played so many seconds since it was first seen to play, which is now if it was not before. */
function hasPlayed(cell: BrowserCell, look: PlayerLook, seconds: number): boolean {
  if (look.position > 1) cell.begun ??= look
  return cell.begun !== undefined && look.position >= cell.begun.position + seconds
}

function expectPlayed({ name, isLate, host, begun }: BrowserCell, look: PlayerLook): void {
  const { position, atMs, stalls, ranges, problem, segments } = look
  const [played, passed] = [position - (begun?.position ?? 0), (atMs - (begun?.atMs ?? 0)) / 1000] as const
  const when = isLate ? 'later' : 'from its start'
  console.log(`${name}, ${when}: ${stalls} stalls, ${played.toFixed(1)} s played of ${passed.toFixed(1)} s`)
  expect.soft([name, ranges, problem]).toEqual([name, 1, null])
  if (host) expect.soft([name, segments.filter((each) => each.host !== host)]).toEqual([name, []])
  if (!isLate) return
  expect.soft([name, stalls - (begun?.stalls ?? 0)]).toEqual([name, 0])
  expect.soft(Math.abs(played - passed), name).toBeLessThan(1)
}
