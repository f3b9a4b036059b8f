import { connect, type Socket } from 'node:net'
import { seededRoll } from '../../kit/reports.ts'
import { FrameCheck, type Gap } from './frames.ts'

/** The task of a process of listeners. */
export interface ListenPlan {
  /** where each of them begins, and begins again */
  url: string
  count: number
  /** joins a second at first */
  perSecond: number
  /** mean ms that each stays before it comes again */
  stayMs: number
  seed: number
}

/** What listeners have seen, a line of JSON at regular intervals; lists have what is new since the line before. */
export interface Seen {
  atMs: number
  /** redirects: when the decider was asked, and the host that it named */
  redirects: [askedMs: number, to: string][]
  gaps: (Gap & { atMs: number; host: string })[]
  faults: string[]
  /** answers other than 200 and 302, and connections that failed, by number */
  refused: Record<string, number>
  /** listeners that are connected and were answered 200, by host */
  present: Record<string, number>
  /** listeners that heard something within the last two seconds */
  hearing: number
  /** connections that a listener gave up because they were silent, by host */
  silent: Record<string, number>
  frames: number
}

// `node listeners.ts PLAN`: listeners who come back, as players do, until it is killed.
const plan: ListenPlan = JSON.parse(process.argv[2] ?? '{}')
const roll = seededRoll(plan.seed)

/** ms between two lines */
const lineMs = 250
/** ms of silence after which a player connects again */
const patienceMs = 10_000
/** ms before a player comes back, at least and at most */
const [backMsMin, backMsMax] = [300, 1500]
/** redirects in a row: the edge's, a server's back to the edge, and the edge's again */
const redirectsMax = 3

const empty = (): Omit<Seen, 'present' | 'hearing' | 'atMs'> => ({
  redirects: [],
  gaps: [],
  faults: [],
  refused: {},
  silent: {},
  frames: 0,
})
let news = empty()
const add = (counts: Record<string, number>, name: string, by = 1) => {
  counts[name] = (counts[name] ?? 0) + by
}

/** A listener: one connection after the other. */
class Player {
  host = ''
  heardMs = 0
  /** when it leaves, if it is present */
  leaveMs = 0
  isPresent = false
  #socket: Socket | undefined

  ask(url: string, redirects = 0): void {
    const { host, hostname, port, pathname, search } = new URL(url)
    const askedMs = Date.now()
    const socket = connect(Number(port) || 80, hostname)
    this.#socket = socket
    this.host = host
    this.heardMs = askedMs
    let head = ''
    let check: FrameCheck | undefined
    let location: string | undefined
    socket.once('connect', () =>
      socket.write(
        `GET ${pathname}${search} HTTP/1.1\r\nHost: ${host}\r\nUser-Agent: player\r\nConnection: close\r\n\r\n`,
      ),
    )
    socket.on('data', (bytes) => {
      this.heardMs = Date.now()
      if (check) return hear(check, bytes)
      head += bytes.toString('latin1')
      const end = head.indexOf('\r\n\r\n')
      if (end < 0) return
      const status = Number(/^(?:HTTP\/1\.[01]|ICY) (\d{3})/.exec(head)?.[1] ?? 0)
      location = /\r\nlocation: ?([^\r]*)/i.exec(head.slice(0, end + 2))?.[1]
      if (status === 200) {
        this.isPresent = true
        this.leaveMs = this.heardMs - Math.log(1 - roll()) * plan.stayMs
        check = new FrameCheck((gap) => news.gaps.push({ ...gap, atMs: Date.now(), host }))
        hear(check, Buffer.from(head.slice(end + 4), 'latin1'))
      } else {
        if (status !== 302) add(news.refused, `${host} ${status}`)
        socket.destroy()
      }
    })
    const hear = (checking: FrameCheck, bytes: Buffer) => {
      const { count, fault } = checking
      checking.push(bytes)
      news.frames += checking.count - count
      if (checking.fault !== fault) news.faults.push(`${host}: ${checking.fault}`)
    }
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (!check) add(news.refused, `${host} ${error.code}`)
    })
    socket.once('close', () => {
      this.isPresent = false
      if (location === undefined) return this.#comeBack()
      const to = new URL(location, url)
      news.redirects.push([askedMs, to.host])
      if (redirects < redirectsMax) return this.ask(to.href, redirects + 1)
      news.faults.push(
        `more than ${redirectsMax} redirects in a row, the last one from ${host} to ${to.host}`,
      )
      this.#comeBack()
    })
  }

  /** Leaves when its time is over, and gives a silent connection up. */
  look(nowMs: number): void {
    if (!this.#socket) return
    if (isRestless && this.isPresent && nowMs >= this.leaveMs) this.#socket.destroy()
    if (nowMs - this.heardMs < patienceMs || this.#socket.destroyed) return
    add(news.silent, this.host)
    this.#socket.destroy()
  }

  #comeBack(): void {
    this.#socket = undefined
    setTimeout(() => this.ask(plan.url), backMsMin + roll() * (backMsMax - backMsMin))
  }
}

/** SIGUSR2: everybody stays, so that they can be counted. SIGHUP: some come and go again. */
let isRestless = true
process.on('SIGUSR2', () => {
  isRestless = false
})
process.on('SIGHUP', () => {
  isRestless = true
})

const players: Player[] = []
const beganMs = performance.now()
const joining = setInterval(() => {
  const due = Math.min(plan.count, Math.ceil(((performance.now() - beganMs) / 1000) * plan.perSecond))
  while (players.length < due) {
    const player = new Player()
    players.push(player)
    player.ask(plan.url)
  }
  if (players.length === plan.count) clearInterval(joining)
}, 20)

setInterval(() => {
  const nowMs = Date.now()
  const present: Record<string, number> = {}
  let hearing = 0
  for (const player of players) {
    player.look(nowMs)
    if (!player.isPresent) continue
    add(present, player.host)
    if (nowMs - player.heardMs < 2000) hearing++
  }
  const seen: Seen = { atMs: nowMs, ...news, present, hearing }
  news = empty()
  console.log(JSON.stringify(seen))
}, lineMs)
