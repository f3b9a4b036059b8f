import { join } from 'node:path'
import type { Browser, Frame } from 'playwright-core'
import { afterEach, beforeEach, describe, expect } from 'vitest'
import { type Source, startSource } from '../../kit/audio/source.ts'
import { eventually } from '../../kit/base/eventually.ts'
import { type Cluster, serverAt, startCluster } from '../../kit/cluster/cluster.ts'
import { clientOf } from '../../kit/cluster/edge-client.ts'
import { encodeSound, hlsSounds } from '../../kit/hls/hls-kinds.ts'
import { HlsStage, lookAt, toldBy } from '../../kit/hls/hls-stage.ts'
import type { PlayerLook, Witnessed } from '../../kit/hls/player-watch.ts'
import { browserPath, launch } from '../../kit/peers/browser.ts'
import { type EncoderFormat, startEncoder } from '../../kit/peers/encoder.ts'
import { absentOf, peer } from '../../kit/peers/peers.ts'
import { suiteFolder } from '../../kit/process/files.ts'
import type { Program } from '../../kit/process/process.ts'
import { type Server, secrets } from '../../kit/process/runtimes.ts'

/** the longest that a player waits for steering, and two target durations, in ms */
const leftWithinMs = (12 + 2 * 4) * 1000
/** s before the end of its playlist at which a player begins, where the playlist is that long: three target durations and a TTL */
const behindSeconds = 3 * 4 + 12
/** s in the buffer of a player that has loaded what it began with */
const aheadSeconds = 8.5
/** s in the buffer of each player when its server is killed: between two segments of four seconds it has that much less */
const aheadAtLeast = 6
/** s of audio that a player has to play after its server is gone: more than it had in its buffer */
const beyondBuffer = behindSeconds + 4
/** ms by which a tick of the page is late where the machine stood: a player that has to act in that time may stand as well */
const machineLateMs = 1500
/** a folder to keep screenshots in, to look at them */
const { SCREENSHOTS: screenshots } = process.env

/** All players at one moment, and what the machine had done to them until then. */
interface Look {
  seen: ReadonlyMap<string, PlayerLook>
  machine: Witnessed
}

/** What ffmpeg encodes while it is played. */
const kinds: readonly EncoderFormat[] = [
  ['lc.aac', 'audio/aac', ['-c:a', 'aac', '-b:a', '128k', '-f', 'adts']],
  ['radio.opus', 'audio/ogg; codecs=opus', ['-c:a', 'libopus', '-page_duration', '200000', '-f', 'ogg']],
  ['radio.flac', 'audio/ogg', ['-c:a', 'flac', '-page_duration', '200000', '-f', 'ogg']],
]

/** What video.js has asked for, and its error. */
const whyIdle =
  'JSON.stringify([player.error(), performance.getEntriesByType("resource").map(({ name, responseStatus }) => [name, responseStatus])])'

const mounts = ['live.mp3', 'he.aac', ...kinds.map(([name]) => name)]

describe('HLS in Chromium', () => {
  let cluster: Cluster
  let browser: Browser
  const encoders: Program[] = []
  const sources: Source[] = []
  const folder = suiteFolder()
  let stage: HlsStage
  beforeEach(async () => {
    stage = new HlsStage()
    if (absentOf(['chromium', 'ffmpeg']).length > 0 || browserPath === undefined) return
    cluster = await startCluster('bun', 2)
    for (const kind of kinds) encoders.push(startEncoder(`${cluster.master.url}/${kind[0]}`, kind))
    const heAac = hlsSounds.find(({ name }) => name === 'HE-AAC')
    if (!heAac) throw new Error('there is no HE-AAC')
    sources.push(
      startSource({
        url: `${cluster.master.url}/he.aac`,
        password: secrets.source,
        programme: encodeSound(heAac, 10, folder).programme,
        contentType: 'audio/aac',
      }),
    )
    browser = await launch(browserPath, ['--autoplay-policy=no-user-gesture-required'])
    await stage.open(browser)
  })
  afterEach(async () => {
    await stage.close()
    await browser?.close()
    for (const source of sources.splice(0)) source.close()
    await Promise.all(encoders.splice(0).map((encoder) => encoder.stop()))
    await cluster?.stop()
  })

  const idOf = async (server: Server) => String((await serverAt(cluster.edge, server))?.id)
  const setDrain = async (server: Server, what: 'drain' | 'undrain') => {
    const answer = await clientOf(cluster.edge.url).asAdmin(
      `/api/servers/${encodeURIComponent(await idOf(server))}/${what}`,
      'POST',
    )
    expect(answer.status).toBe(204)
  }
  /** Ends a drain; the server takes the next session, since it asks whether it is still drained. */
  const undrain = async (server: Server) => {
    const media = `${server.url}/hls/live.mp3/media.m3u8?s=`
    await eventually(async () => (await fetch(media + 'd'.repeat(16))).status === 503)
    await setDrain(server, 'undrain')
    expect((await fetch(media + 'u'.repeat(16))).status).toBe(200)
  }
  /** s of audio in the playlist of a mount: a player that begins while it is short has less in its buffer */
  const listedSeconds = async ({ url }: Server, mount: string) => {
    const playlist = await (await fetch(`${url}/hls/${mount}/media.m3u8`)).text()
    expect(playlist).toContain(`\n#EXT-X-START:TIME-OFFSET=-${behindSeconds}\n`)
    return [...playlist.matchAll(/^#EXTINF:([\d.]+)/gm)].reduce(
      (sum, [, seconds]) => sum + Number(seconds),
      0,
    )
  }
  /** Waits until every playlist has as much as a player wants in its buffer. */
  const untilListed = async (server: Server) => {
    for (const name of mounts)
      await eventually(async () => (await listedSeconds(server, name)) >= behindSeconds)
  }
  const hostOf = ({ url }: Server) => new URL(url).host
  const page = (mount: string) => stage.play(`${cluster.edge.url}/play/${mount}`)
  /** Begins with video.js until the draw falls on this server. */
  const playByVideoJs = (kind: string, host: string) =>
    eventually(async () => {
      const frame = await stage.playByVideoJs(`${cluster.edge.url}/${kind}.m3u8`)
      const [segment] = await eventually(async () => {
        const { segments } = await lookAt(frame)
        if (segments.length > 0) return segments
        throw new Error(`video.js loads no segment: ${await frame.evaluate(whyIdle)}`)
      })
      if (segment?.host === host) return frame
      await frame.evaluate('player.dispose()')
      return undefined
    })
  const looks = (players: ReadonlyMap<string, Frame>) =>
    Promise.all([...players].map(async ([name, frame]) => [name, await lookAt(frame)] as const))

  /** Waits until all players meet a condition; says which do not. */
  const untilAll = (
    players: ReadonlyMap<string, Frame>,
    what: string,
    is: (look: PlayerLook, name: string) => boolean,
  ) =>
    eventually(
      async () => {
        const seen = await looks(players)
        const not = seen.filter(([name, look]) => !is(look, name))
        if (not.length > 0) throw new Error(`${what}: not ${JSON.stringify(not)}`)
        return new Map(seen)
      },
      { everyMs: 1000 },
    )

  /** What all players have done, and what the machine did to them. */
  const withMachine = async (looking: Promise<ReadonlyMap<string, PlayerLook>>): Promise<Look> => ({
    seen: await looking,
    machine: await stage.witnessed(),
  })
  /** A player never stood, and played as the clock went: or the machine stood, and so did the bare player of the page. */
  const expectPlayed = async (name: string, frame: Frame, from: Look, to: Look) => {
    const [began, ended] = [from.seen.get(name), to.seen.get(name)]
    if (!began || !ended) throw new Error(`nobody looked at ${name}`)
    const { machine } = to
    const played = ended.position - began.position
    const passed = (ended.atMs - began.atMs) / 1000
    // the looks at the twelve and at the bare one are a moment apart
    const machinePlayed = machine.position - from.machine.position
    const told = `${name}: ${ended.stalls} stalls, ${ended.starved} with audio in its buffer, ${played.toFixed(1)} s played of ${passed.toFixed(1)} s, the bare player ${machinePlayed.toFixed(1)} s; ${machine.stalls} stalls of that, and ticks ${machine.lateMs.toFixed(0)} ms late`
    console.log(told)
    if (machine.stalls > 0 || machine.lateMs > machineLateMs) return
    const offSeconds = Math.min(Math.abs(played - passed), Math.abs(played - machinePlayed))
    const isRight = ended.stalls === 0 && ended.ranges === 1 && offSeconds < 1
    if (!isRight) throw new Error(`${told}\n${await toldBy(frame)}`)
  }

  peer('chromium', 'ffmpeg')(
    'every kind plays on without a gap while its server is drained, and again when its server is killed',
    async () => {
      const [first, second] = cluster.slaves
      if (!first || !second) throw new Error('the cluster has no two slaves')
      // the master packages, so it stays; nobody is placed there
      await setDrain(cluster.master, 'drain')
      await setDrain(second, 'drain')
      const players = new Map<string, Frame>()
      for (const name of mounts) {
        await eventually(
          async () =>
            (await fetch(`${cluster.edge.url}/${name}`, { method: 'HEAD', redirect: 'manual' })).status ===
            302,
        )
        players.set(`${name}, from its start`, await page(name))
      }
      await untilAll(players, 'plays', ({ position }) => position > 4)

      await undrain(second)
      await untilListed(second)
      // video.js reads no packed MP3 ("Neither audio nor video found in segment"), and moves to servers that its playlist names
      for (const kind of ['lc.aac', 'radio.opus'])
        players.set(`${kind} by video.js`, await playByVideoJs(kind, hostOf(first)))
      const begun = await withMachine(untilAll(players, 'plays', ({ position }) => position > 4))
      await setDrain(first, 'drain')
      const drainedAtMs = Date.now()
      const moved = await untilAll(
        players,
        'moved',
        ({ segments }) => segments.at(-1)?.host === hostOf(second),
      )
      for (const [name, { segments }] of moved)
        expect(
          segments.filter(({ host, atMs }) => host === hostOf(first) && atMs > drainedAtMs + leftWithinMs),
          name,
        ).toEqual([])

      await undrain(first)
      const undrainedAtMs = Date.now()
      for (const name of mounts) players.set(`${name}, joined late`, await page(name))
      // twelve buffers are full at one moment only by chance: each has been, and none is empty
      const hasLoaded = new Set<string>()
      const before = await withMachine(
        untilAll(
          players,
          'plays, and knows of the other server',
          ({ position, steeredAtMs, ahead }, name) => {
            if (ahead > aheadSeconds) hasLoaded.add(name)
            return position > 4 && steeredAtMs > undrainedAtMs && hasLoaded.has(name) && ahead > aheadAtLeast
          },
        ),
      )
      second.program.kill('SIGKILL')
      const after = await withMachine(
        untilAll(
          players,
          'plays on',
          ({ position, segments }, name) =>
            position > (before.seen.get(name)?.position ?? 0) + beyondBuffer &&
            segments.at(-1)?.host === hostOf(first),
        ),
      )
      if (screenshots) await stage.page.screenshot({ path: join(screenshots, 'frames.png'), fullPage: true })
      for (const [name, frame] of players) {
        const from = begun.seen.has(name) ? begun : before
        await expectPlayed(name, frame, from, after)
      }
    },
    240_000,
  )
})
