import { connect, type Socket } from 'node:net'
import { seededRoll } from '../../../kit/parts/reports.ts'
import { FrameCheck, type Gap } from './frames.ts'
import { LooseCheck } from './loose-frames.ts'
import { add, backMs, type ListenPlan, leaves, noNews, patienceMs, perform, stayMsOf } from './seen.ts'

// `node listeners.ts PLAN`: listeners who come back, as players do, until it is killed.
const plan: ListenPlan = JSON.parse(process.argv[2] ?? '{}')
const roll = seededRoll(plan.seed)
const stock = new Set(plan.stock)

/** redirects in a row: the edge's, a server's back to the edge, and the edge's again */
const redirectsMax = 3

let news = noNews()
let connections = 0

/** A listener: one connection after the other. */
class Player {
  host = ''
  heardMs = 0
  /** when it came, and when it leaves, if it is present */
  beganMs = 0
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
    let check: FrameCheck | LooseCheck | undefined
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
        this.beganMs = this.heardMs
        this.leaveMs = this.heardMs + stayMsOf(roll, plan)
        const connection = connections++
        const onGap = (gap: Gap) =>
          news.breaks.push({ ...gap, atMs: Date.now(), host, connection, isHls: false })
        check = stock.has(host) ? new LooseCheck(onGap) : new FrameCheck(onGap)
        hear(check, Buffer.from(head.slice(end + 4), 'latin1'))
      } else {
        if (status !== 302) add(news.refused, `${host} ${status}`)
        socket.destroy()
      }
    })
    const hear = (checking: FrameCheck | LooseCheck, bytes: Buffer) => {
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
      news.redirects.push([askedMs, to.host, this.heardMs])
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
    if (this.isPresent && leaves(nowMs, this.beganMs, this.leaveMs)) this.#socket.destroy()
    if (nowMs - this.heardMs < patienceMs || this.#socket.destroyed) return
    add(news.silent, this.host)
    this.#socket.destroy()
  }

  #comeBack(): void {
    this.#socket = undefined
    setTimeout(() => this.ask(plan.url), backMs(roll))
  }
}

const players: Player[] = []
perform(
  plan,
  players,
  () => {
    const player = new Player()
    player.ask(plan.url)
    return player
  },
  (nowMs) => {
    const present: Record<string, number> = {}
    let hearing = 0
    for (const player of players) {
      player.look(nowMs)
      if (!player.isPresent) continue
      add(present, player.host)
      if (nowMs - player.heardMs < 2000) hearing++
    }
    const told = news
    news = noNews()
    return { ...told, present, left: {}, hearing }
  },
)
