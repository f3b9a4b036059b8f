import { createEdge } from '../../../edge/app.ts'
import { parseConfig } from '../../../edge/config.ts'
import { HlsSessions } from '../../../origin/hls/sessions.ts'
import { Load } from '../../../origin/load.ts'
import { localCluster } from '../../../shared/api/cluster.ts'
import { Registry } from '../../../shared/cluster/registry.ts'
import { printSourcelist } from '../../../shared/report/sourcelist.ts'
import { type Came, HlsPlayer, type Wish } from '../../tools/load/hls/player.ts'
import { ManualTime } from '../base/manual-time.ts'
import { mountOf, mountReport, reportOf, seededRoll } from '../parts/reports.ts'

const live = mountOf('/live.mp3')
const segmentSeconds = 4
/** segments that a playlist lists */
const listed = 8
const reportMs = 10_000
/** ms after which a mirrored playlist is fetched again */
const mirrorMs = 2000
const stepMs = 100

interface Member {
  id: string
  max: number
  isDead: boolean
  boot: string
  /** of its last report */
  seq: number
  load: Load
  sessions: HlsSessions
  /** ms by which its copy of the playlist is older than the others' */
  phaseMs: number
}

const edgeUrl = 'http://edge.example.org'
const facts = { address: '192.0.2.1', secure: false, base: edgeUrl }
const none: Came = { status: 0, text: '' }

/**
 * A cluster with its own clock: players of the load client, an edge, and servers that count their
 * sessions as origins do. An answer takes 100 ms; servers report every 10 s.
 */
export class PlayedCluster {
  readonly players: HlsPlayer[] = []
  #members = new Map<string, Member>()
  #time = new ManualTime()
  #registry: Registry
  #edge: ReturnType<typeof createEdge>
  #due: (() => void | Promise<void>)[] = []

  constructor(seed: number) {
    const { nowMs } = this.#time
    const config = parseConfig({ RELAY_PASSWORD: 'relay-secret', ADMIN_PASSWORD: 'admin-secret' })
    this.#registry = new Registry(undefined, 100, 0)
    this.#edge = createEdge({
      config,
      cluster: localCluster(this.#registry, config.accounts, nowMs),
      nowMs,
      roll: seededRoll(seed),
      redirected: (server) => {
        server.debit++
      },
      carrying: { fetch, bytesMax: 0 },
      startedAtMs: 0,
    })
  }

  get nowMs(): number {
    return this.#time.nowMs()
  }

  add(id: string, max: number): void {
    const load = new Load(this.#time.nowMs)
    let sessionId = 0
    const sessions = new HlsSessions({
      load,
      nowMs: this.#time.nowMs,
      timers: this.#time,
      nextId: () => ++sessionId,
      maxListeners: () => max * 4, // all come from one address
      onEnd: () => {},
    })
    const phaseMs = this.#members.size * 700
    this.#members.set(id, { id, max, isDead: false, boot: `boot-${id}`, seq: 0, load, sessions, phaseMs })
    this.#report(id)
  }

  drain(id: string): void {
    this.#registry.setDrain(id, true, { nowMs: this.nowMs })
  }

  /** It answers nothing and reports nothing from now on. */
  kill(id: string): void {
    const member = this.#members.get(id)
    if (member) member.isDead = true
  }

  join(count: number): void {
    for (let i = 0; i < count; i++) this.players.push(new HlsPlayer(`${edgeUrl}/live.mp3.m3u8`))
  }

  async pass(seconds: number): Promise<void> {
    for (let step = 0; step < (seconds * 1000) / stepMs; step++) {
      await this.#time.pass(stepMs)
      if (this.nowMs % reportMs === 0) for (const id of this.#members.keys()) this.#report(id)
      await Promise.all(this.#due.splice(0).map((answer) => answer()))
      for (const player of this.players)
        for (const wish of player.wishes(this.nowMs))
          this.#due.push(async () => player.answer(wish, await this.#answer(wish), this.nowMs))
    }
  }

  /** Players whose newest segment came from a server. */
  at(id: string): number {
    return this.players.filter(({ heardFrom }) => heardFrom === id).length
  }

  /** The share of the slots of each server in percent, by the players that fetch from it. */
  utilisation(id: string): number {
    return (this.at(id) / (this.#members.get(id)?.max ?? 1)) * 100
  }

  /** Listeners by a server's own count. */
  counted(id: string): number {
    return this.#members.get(id)?.load.listeners ?? 0
  }

  async #answer(wish: Wish): Promise<Came> {
    if (wish.url.startsWith(edgeUrl)) {
      const answer = await this.#edge.answer(new Request(wish.url), facts)
      return { status: answer.status, text: await answer.text() }
    }
    const { host, searchParams } = new URL(wish.url)
    const member = this.#members.get(host.split('.')[0] ?? '')
    return !member || member.isDead ? none : this.#object(wish, searchParams.get('s') ?? '', member)
  }

  #object({ kind, number }: Wish, key: string, member: Member): Came {
    const known = member.sessions.get(key)
    if (!known && member.load.listeners >= member.max) return { status: 503, text: '', retrySeconds: 5 }
    const session = known ?? member.sessions.accept(key, accepted, segmentSeconds)
    // the newest segment that this server knows, by its own copy of the playlist
    const copiedMs = Math.floor((this.nowMs - member.phaseMs) / mirrorMs) * mirrorMs + member.phaseMs
    const newest = 1000 + Math.floor(Math.max(0, copiedMs) / (segmentSeconds * 1000))
    if (kind === 'segment' && (number > newest || number <= newest - 2 * listed))
      return { status: 404, text: '' }
    member.sessions.fetched(session, 64_000, segmentSeconds, kind === 'segment')
    return { status: 200, text: kind === 'segment' ? '' : playlistUpTo(newest, key) }
  }

  #report(id: string): void {
    const member = this.#members.get(id)
    if (!member || member.isDead) return
    const { max, load, boot } = member
    const { listeners, joins } = load
    const mounts = [mountReport('/live.mp3', { listeners, joins })]
    const report = reportOf(id, { boot, seq: ++member.seq, maxListeners: max, listeners, joins, mounts })
    const refused = this.#registry.put(report, printSourcelist(report), this.nowMs)
    if (refused) throw new Error(JSON.stringify(refused))
  }
}

const accepted = {
  mount: live,
  address: '192.0.2.1',
  userAgent: undefined,
  referer: undefined,
  user: undefined,
  path: '',
  version: '1.1',
  deadlineMs: undefined,
  leave: () => {},
} as const

function playlistUpTo(newest: number, session: string): string {
  const first = newest - listed + 1
  const lines = ['#EXTM3U', `#EXT-X-TARGETDURATION:${segmentSeconds}`, `#EXT-X-MEDIA-SEQUENCE:${first}`]
  for (let n = first; n <= newest; n++)
    lines.push(`#EXTINF:${segmentSeconds}.000000,`, `${n}.mp3?s=${session}`)
  return `${lines.join('\n')}\n`
}
