import { messageOf } from '../../../../shared/message-of.ts'
import { seededRoll } from '../../../kit/parts/reports.ts'
import type { Came, Wish } from '../../load/hls/player.ts'
import { readPathways, readSteering } from '../../load/hls/read.ts'
import { Session } from '../../load/hls/session.ts'
import { add, backMs, type ListenPlan, leaves, noNews, patienceMs, perform, stayMsOf } from './seen.ts'
import { SegmentBook } from './segments.ts'

// `node sessions.ts PLAN`: listeners by HLS who check every segment, and come back as the player page does, until it is killed.
const plan: ListenPlan = JSON.parse(process.argv[2] ?? '{}')
const roll = seededRoll(plan.seed)
const book = new SegmentBook()
/** ms between two looks at what they want */
const lookMs = 50
/**
 * ms of a buffer that is as long as it should be: longer than a player needs to leave a server that does not answer. It asks after a
 * target duration of 4 s, gives up after 5 s more, and gets a playlist and a segment elsewhere.
 */
const fullBufferMs = 12_000
/** ms below which a silence is not told: a look may come late by as much on a busy machine */
const silenceMsMin = 250
/** ms without a segment after which a server counts a session no more, at segments of four seconds */
const absentMs = 12_000
/** ms until a decider knows of that: an interval, and what a busy machine adds */
const toldMs = 4000

let news = noNews()
/** where sessions were, and until when these may be counted there */
let left: { host: string; untilMs: number }[] = []

/** A listener: one session after the other. */
class Listener {
  host = ''
  /** when its newest segment came; 0: none yet */
  heardMs = 0
  leaveMs = 0
  #session: Session | undefined
  #pathways = new Map<string, string>()
  #beganMs = 0
  #last = -1
  #fullMs = 0
  #silentMs = 0

  constructor() {
    this.#begin()
  }

  #begin(): void {
    this.#pathways = new Map()
    this.#last = -1
    this.#fullMs = 0
    this.#silentMs = 0
    this.heardMs = 0
    this.#beganMs = Date.now()
    this.leaveMs = this.#beganMs + stayMsOf(roll, plan)
    const session: Session = new Session(`${plan.url}.m3u8`, {
      followsStart: true,
      onAnswer: (wish, came, askedMs) => {
        if (session === this.#session) this.#take(wish, came, askedMs)
      },
    })
    this.#session = session
  }

  /** To be called often. */
  look(nowMs: number): void {
    const session = this.#session
    if (!session) return
    session.look(performance.now())
    if (this.heardMs === 0) return
    const bufferMs = session.player.bufferMs(performance.now())
    if (bufferMs >= fullBufferMs) this.#fullMs = nowMs
    if (bufferMs > 0) this.#endSilence(nowMs)
    else if (this.#silentMs === 0) this.#silentMs = nowMs
    else if (nowMs - this.#silentMs > patienceMs) {
      add(news.silent, this.host)
      this.#leave(nowMs)
    }
    if (leaves(nowMs, this.#beganMs, this.leaveMs)) this.#leave(nowMs)
  }

  #endSilence(nowMs: number): void {
    const forMs = nowMs - this.#silentMs
    if (this.#silentMs > 0 && this.#fullMs > 0 && forMs > silenceMsMin)
      news.silences.push({ host: this.host, fullMs: this.#fullMs, fromMs: this.#silentMs, forMs })
    if (this.#silentMs > 0) this.#fullMs = 0 // its buffer stays as short as it is now
    this.#silentMs = 0
  }

  #leave(nowMs: number): void {
    this.#endSilence(nowMs)
    this.#session?.close()
    this.#session = undefined
    if (this.heardMs > 0) this.#isLeft()
    this.heardMs = 0
    setTimeout(() => this.#begin(), backMs(roll))
  }

  #take(wish: Wish, came: Came, askedMs: number): void {
    const { host } = new URL(wish.url)
    if (came.status !== 200) add(news.refused, `${host} ${came.status} (${wish.kind})`)
    else if (wish.kind === 'segment') this.#hear(wish, came.bytes ?? Buffer.alloc(0), host)
    else
      try {
        this.#name(wish, came.text, askedMs)
      } catch (problem) {
        news.faults.push(`${host}: ${wish.kind}: ${messageOf(problem)}`)
      }
  }

  /** A decider has named servers. */
  #name({ kind, url }: Wish, text: string, askedMs: number): void {
    const named = (urls: Iterable<string>) => {
      for (const each of urls) news.redirects.push([askedMs, new URL(each).host, Date.now()])
    }
    if (kind === 'multivariant') {
      this.#pathways = readPathways(text, url).pathways
      named(this.#pathways.values())
    } else if (kind === 'steering') {
      const { priority, clones } = readSteering(text, this.#pathways)
      for (const [id, media] of clones) this.#pathways.set(id, media)
      const [first = ''] = priority
      const media = this.#pathways.get(first)
      if (media === undefined) throw new Error(`nobody knows the pathway ${first}`)
      named([media])
    }
  }

  #hear({ number }: Wish, bytes: Buffer, host: string): void {
    const heard = book.read(number, bytes, host)
    const nowMs = Date.now()
    if (this.heardMs > 0 && host !== this.host) this.#isLeft()
    this.host = host
    this.heardMs = nowMs
    if (typeof heard === 'string') {
      news.faults.push(heard)
      return
    }
    const { first, last, count, gaps, differs } = heard
    const seen = { host, atMs: nowMs, isHls: true }
    if (differs !== undefined) news.breaks.push({ after: first - 1, next: first, what: differs, ...seen })
    for (const gap of gaps) news.breaks.push({ ...gap, ...seen })
    if (this.#last >= 0 && first !== this.#last + 1)
      news.breaks.push({ after: this.#last, next: first, ...seen })
    this.#last = last
    news.frames += count
  }

  #isLeft(): void {
    left.push({ host: this.host, untilMs: this.heardMs + absentMs + toldMs })
  }

  /** Whether the server that it is at counts it. */
  isPresent(nowMs: number): boolean {
    return this.heardMs > 0 && nowMs - this.heardMs < absentMs
  }

  get isHearing(): boolean {
    return this.heardMs > 0 && (this.#session?.player.bufferMs(performance.now()) ?? 0) > 0
  }
}

const people: Listener[] = []
setInterval(() => {
  const nowMs = Date.now()
  for (const listener of people) listener.look(nowMs)
}, lookMs)
perform(
  plan,
  people,
  () => new Listener(),
  (nowMs) => {
    const present: Record<string, number> = {}
    for (const listener of people) if (listener.isPresent(nowMs)) add(present, listener.host)
    left = left.filter(({ untilMs }) => untilMs > nowMs)
    const leftBy: Record<string, number> = {}
    for (const { host } of left) add(leftBy, host)
    const told = news
    news = noNews()
    return { ...told, present, left: leftBy, hearing: people.filter(({ isHearing }) => isHearing).length }
  },
)
