import { setTimeout as wait } from 'node:timers/promises'
import { basic, numbered, startSource } from '../../kit/audio/source.ts'
import { eventually } from '../../kit/base/eventually.ts'
import { serverAt, serversAt } from '../../kit/cluster/cluster.ts'
import {
  masterAt,
  type OriginRuntime,
  originRuntimes,
  type Server,
  secrets,
  slaveOf,
  startEdge,
  startOrigin,
} from '../../kit/process/runtimes.ts'
import { printTable } from '../bench/table.ts'
import { HeadStart } from '../load/hls/head-start.ts'
import { HlsCrowd } from '../load/hls/hls-crowd.ts'

const mount = '/live.mp3'
const sessions = 300
/** listeners that each slave has room for */
const slots = 200
/** ms for which the source is faster, so that playlists are whole when the sessions come */
const headStartMs = 8000
/** the longest TTL and two target durations, in s */
const leaveSeconds = 12 + 2 * 4
/** s after which a new server has its share */
const evenSeconds = 120
/** s for the sessions to spread after those that had to move did */
const settleSeconds = 15

interface Row {
  event: string
  /** until it was so */
  seconds: number | undefined
  /** by utilisation in % of each open slave, in the order in which they began */
  shares: readonly number[]
  silent: number
  silentMs: number
  leastBufferMs: number
}

/**
 * 300 sessions at three slaves of each runtime, one of which is drained; then a fourth comes, and one is killed. Returns what went
 * wrong: sessions that did not leave in time, servers that were not evened out, and sessions without audio.
 */
export async function soakHls(
  stopping: AbortSignal,
  print: (text: string) => void,
  runtimes = originRuntimes,
): Promise<string[]> {
  const failures: string[] = []
  for (const runtime of runtimes) {
    if (stopping.aborted) break
    const cluster = new HlsCluster(runtime)
    try {
      await cluster.start()
      await cluster.play()
      failures.push(...cluster.failures.map((each) => `${each} (${runtime})`))
      print(cluster.table())
    } finally {
      await cluster.stop()
    }
  }
  return failures
}

class HlsCluster {
  readonly failures: string[] = []
  #runtime: OriginRuntime
  #started: { stop(): Promise<void> }[] = []
  #slaves: Server[] = []
  #gone = new Set<Server>()
  #rows: Row[] = []
  #edge: Server | undefined
  #crowd: HlsCrowd | undefined

  constructor(runtime: OriginRuntime) {
    this.#runtime = runtime
  }

  async start(): Promise<void> {
    const edge = await this.#also(startEdge(this.#runtime))
    this.#edge = edge
    // the master gives objects to the slaves alone
    const flags = [...masterAt(edge), '--max-listeners', '0']
    const master = await this.#also(startOrigin(this.#runtime, flags))
    for (let i = 0; i < 3; i++) this.#slaves.push(await this.#slave(edge))
    const clock = new HeadStart(headStartMs)
    const url = master.url + mount
    const source = startSource({
      url,
      password: secrets.source,
      programme: numbered,
      nowMs: clock.nowMs,
    })
    this.#started.push({
      async stop() {
        source.close()
      },
    })
    await eventually(() => source.sent > 100)
    const login = { Authorization: basic('relay', secrets.relay) }
    const media = `${master.url}/hls${mount}/media.m3u8`
    await eventually(async () => (await fetch(media, { headers: login })).ok)
    clock.begin()
    await wait(headStartMs)
    await eventually(async () => (await this.#open(edge)) === 3)
  }

  async play(): Promise<void> {
    const edge = this.#edge
    const [first, second] = this.#slaves
    if (!edge || !first || !second) return
    const urls = [`${edge.url}${mount}.m3u8`]
    const crowd = new HlsCrowd({ urls, count: sessions, perSecond: 30, spread: true })
    this.#crowd = crowd
    this.#started.push(crowd)
    await eventually(() => crowd.look().playing === sessions, { everyMs: 200 })
    await wait(settleSeconds * 1000)
    this.#note(`${sessions} sessions play at three slaves`, undefined)

    await this.#drain(edge, first)
    await this.#until('a drained slave is left', leaveSeconds, () => this.#at(first) === 0)
    this.#gone.add(first)
    await wait(settleSeconds * 1000)
    this.#note('… and the others are evened out', undefined)
    if (this.#spread() > 5)
      this.failures.push(`after the drain: ${this.#shares()} %, expected within 5 points`)

    const fourth = await this.#slave(edge)
    this.#slaves.push(fourth)
    await eventually(async () => (await this.#open(edge)) === 3)
    await this.#until(
      'a fourth slave has its share, within 10 points',
      evenSeconds,
      () => this.#spread() <= 10,
    )

    second.program.kill('SIGKILL')
    this.#gone.add(second)
    await this.#until('a killed slave is left', leaveSeconds, () => this.#at(second) === 0)
    await wait(settleSeconds * 1000)
    this.#note('… and the others have its listeners', undefined)
    const { silent, silentMs, missed, playing } = crowd.look()
    if (silent > 0) this.failures.push(`${silent} sessions had no audio for up to ${silentMs} ms`)
    if (missed > 0) this.failures.push(`${missed} segments were never listed to a session`)
    if (playing < sessions) this.failures.push(`${playing} sessions play, expected ${sessions}`)
  }

  table(): string {
    return printTable({
      title: `${sessions} sessions of HLS on ${this.#runtime}`,
      note: `Slaves have ${slots} slots each. Seconds until it was so; utilisation of the open slaves in percent.`,
      columns: ['', 's', 'utilisation', 'sessions that were silent', 'longest silence ms', 'least buffer ms'],
      rows: this.#rows.map(({ event, seconds, shares, silent, silentMs, leastBufferMs }) => [
        event,
        seconds?.toFixed(1) ?? '',
        shares.map((each) => each.toFixed(1)).join(', '),
        String(silent),
        silentMs.toFixed(0),
        leastBufferMs.toFixed(0),
      ]),
    })
  }

  async stop(): Promise<void> {
    for (const started of this.#started.toReversed()) await started.stop()
  }

  async #also(starting: Promise<Server>): Promise<Server> {
    const server = await starting
    this.#started.push(server)
    return server
  }

  #slave(edge: Server): Promise<Server> {
    return this.#also(startOrigin(this.#runtime, [...slaveOf(edge), '--max-listeners', String(slots)]))
  }

  /** Servers that the edge draws. */
  async #open(edge: Server): Promise<number> {
    const known = await serversAt(edge)
    return known.filter(({ out, mounts }) => out === null && mounts.length > 0).length
  }

  async #drain(edge: Server, server: Server): Promise<void> {
    const { id = '' } = (await serverAt(edge, server)) ?? {}
    const path = `/api/servers/${encodeURIComponent(id)}/drain`
    const headers = { Authorization: basic('admin', secrets.admin) }
    const answer = await fetch(edge.url + path, { method: 'POST', headers })
    if (!answer.ok) throw new Error(`the drain was answered ${answer.status}: ${await answer.text()}`)
  }

  /** Sessions whose newest segment came from a slave; pathways are named after its id, which is its host and port. */
  #at(server: Server): number {
    return this.#crowd?.look().pathways[`127.0.0.1_3a${server.port}`] ?? 0
  }

  #shares(): number[] {
    return this.#slaves.filter((each) => !this.#gone.has(each)).map((each) => (this.#at(each) / slots) * 100)
  }

  #spread(): number {
    const shares = this.#shares()
    return Math.max(...shares) - Math.min(...shares)
  }

  async #until(event: string, withinSeconds: number, isSo: () => boolean): Promise<void> {
    const beganMs = performance.now()
    // the sessions tell once a second what they have heard
    const withinMs = withinSeconds * 1000 + 1000
    const came = await eventually(isSo, { withinMs, everyMs: 100 }).catch(() => false)
    this.#note(event, (performance.now() - beganMs) / 1000)
    if (!came) this.failures.push(`"${event}" was not so within ${withinSeconds} s`)
  }

  #note(event: string, seconds: number | undefined): void {
    const { silent, silentMs, bufferMs } = this.#crowd?.look() ?? {}
    this.#rows.push({
      event,
      seconds,
      shares: this.#shares(),
      silent: silent ?? 0,
      silentMs: silentMs ?? 0,
      leastBufferMs: bufferMs?.least ?? 0,
    })
  }
}
