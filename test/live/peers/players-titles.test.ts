import { chmodSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect } from 'vitest'
import { loopOf, type Source, setTitle, startSource } from '../../kit/audio/source.ts'
import { eventually } from '../../kit/base/eventually.ts'
import { type Cluster, startCluster } from '../../kit/cluster/cluster.ts'
import { containers, startEncoder } from '../../kit/peers/encoder.ts'
import { absentOf, peer } from '../../kit/peers/peers.ts'
import { complaint, decodedBytes, type Player, players } from '../../kit/peers/players.ts'
import { suiteFolder } from '../../kit/process/files.ts'
import { type Program, repo } from '../../kit/process/process.ts'
import { originRuntimes, secrets } from '../../kit/process/runtimes.ts'
import { peerSeconds } from '../../kit/run/peer-seconds.ts'
import { listenWhenServed } from '../../kit/wire/listener.ts'

/** frames between two titles: three seconds */
const framesOfTitle = 115
/** a title, however a player shows non-ASCII characters */
const titleText = (n: number) => `Stück ${n}`
const titleNumber = /St\S+ck (\d+)/
/** consecutive titles that a player has to show */
const titlesShown = Math.floor(peerSeconds / 3)
/** stereo at 44.1 or 48 kHz, beyond what the burst holds: some four seconds, which come at once */
const decodedBytesMin = (peerSeconds - 4) * 48_000 * 4

describe.for(originRuntimes)('real players, directly and through the 302 of an edge, on %s', (runtime) => {
  const folder = suiteFolder()
  const played = players.filter(({ peer }) => absentOf([peer]).length === 0)
  const ways = ['straight', 'by the edge'] as const
  const mounts = { mp3: '/piece.mp3', vorbis: '/piece.ogg' } as const
  let cluster: Cluster
  let source: Source
  let encoder: Program | undefined
  let titled: Promise<void>
  let isOver = false
  const shows = new Map<string, Promise<Show>>()

  beforeAll(async () => {
    chmodSync(folder, 0o777) // one of them runs as nobody
    cluster = await startCluster(runtime, 0)
    source = startSource({
      url: cluster.master.url + mounts.mp3,
      password: secrets.source,
      programme: loopOf(readFileSync(join(repo, 'test/tools/demo/loop.mp3'))),
      headers: { 'Ice-Name': 'A station' }, // by `icy-name` VLC detects that it can ask for titles
    })
    const vorbis = containers.find(([name]) => name === 'Ogg Vorbis')
    if (vorbis && absentOf(['ffmpeg']).length === 0)
      encoder = startEncoder(cluster.master.url + mounts.vorbis, vorbis)
    for (const mount of encoder ? Object.values(mounts) : [mounts.mp3])
      (await listenWhenServed(cluster.edge.url + mount)).close()
    titled = changeTitles()
    for (const player of played)
      for (const way of ways) {
        const { url } = way === 'straight' ? cluster.master : cluster.edge
        const own = join(folder, `${player.name} ${way}`.replaceAll(/\W/g, '-'))
        mkdirSync(own)
        chmodSync(own, 0o777)
        shows.set(`${player.name}, ${way}`, play(player, url + mounts[player.format], own))
      }
    await Promise.allSettled(shows.values())
  })
  afterAll(async () => {
    isOver = true
    await titled
    source?.close()
    await encoder?.stop()
    await cluster?.stop()
  })

  /** A new title again and again, until all have seen enough. */
  const changeTitles = async () => {
    for (let n = 1; !isOver; n++) {
      const from = source.sent
      for (const mount of encoder ? Object.values(mounts) : [mounts.mp3])
        await setTitle(cluster.master.url + mount, secrets.source, titleText(n))
      await eventually(() => isOver || source.sent >= from + framesOfTitle)
    }
  }

  for (const { name, peer: program } of players)
    for (const way of ways)
      peer(program, 'ffmpeg')(
        `${name}, ${way}: plays without an error, and shows the titles in order`,
        async () => {
          const show = await shows.get(`${name}, ${way}`)
          if (!show) throw new Error(`${name} did not play`)
          expect(show.titles).toEqual(show.titles.toSorted((a, b) => a - b))
          expect(show.output).not.toMatch(complaint)
        },
      )
})

/** The titles that a player has shown. */
interface Show {
  /** the numbers of the titles, as they appeared */
  titles: number[]
  output: string
}

/** Plays until enough has been decoded and enough titles shown. */
async function play(player: Player, url: string, folder: string): Promise<Show> {
  const program = player.start(url, folder)
  const titles = () =>
    program
      .output()
      .split(/[\r\n]+/)
      .map((line) => Number(titleNumber.exec(player.title.exec(line)?.[1] ?? '')?.[1]))
      .filter((n, i, all) => n > 0 && n !== all[i - 1])
  try {
    await eventually(() => titles().length >= titlesShown && decodedBytes(folder) > decodedBytesMin, {
      withinMs: 60_000 + 1000 * peerSeconds,
      everyMs: 100,
    })
    return { titles: titles(), output: program.output() }
  } catch (problem) {
    const shown = `decoded ${decodedBytes(folder)} bytes, showed ${titles()}`
    throw new Error(`${player.name}: ${shown}\n${program.output().slice(-5000)}`, { cause: problem })
  } finally {
    await program.stop()
  }
}
