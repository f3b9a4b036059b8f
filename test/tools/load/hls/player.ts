import { type ReadSegments, readPathways, readSegments, readSteering } from './read.ts'

/** A request that a player wants to make now. */
export interface Wish {
  readonly kind: 'multivariant' | 'media' | 'segment' | 'steering'
  readonly url: string
  /** that it is for; undefined for what belongs to none */
  readonly pathway: string | undefined
  /** of a segment */
  readonly number: number
  readonly seconds: number
}

/** What came of a {@link Wish}. */
export interface Came {
  /** 0: no connection, or no answer in time */
  status: number
  /** empty for segments */
  text: string
  /** of a segment, where they are kept */
  bytes?: Buffer
  /** s after which a 429 or 503 may be asked again */
  retrySeconds?: number | undefined
  /** with `status` 0: why there is no answer */
  why?: string
}

/** target durations from the end of the playlist at which a player begins (RFC 8216 §6.3.3) */
const beginTargets = 3
/** ms for which a pathway that failed is not used, as long as there is another (hls.js: 5 minutes; the draft: at least one) */
const penaltyMs = 60_000
/** ms after which something that failed is asked again where no other pathway is left */
const retryMs = 1000
/** s until a steering server that failed is asked again, before it has told a TTL */
const ttlDefaultSeconds = 300

/**
 * A player of HLS with content steering, as a function of the answers and the time: what to ask next, how much audio is in its
 * buffer, and how long it had none. It plays from the first segment on, at the speed of the clock.
 */
export class HlsPlayer {
  #url: string
  #followsStart: boolean
  #hasAsked = false
  #retryAtMs = 0
  #pathways = new Map<string, string>()
  #priority: readonly string[] = []
  #current: string | undefined
  #penaltyUntilMs = new Map<string, number>()
  #steering: { url: string; atMs: number; ttlSeconds: number } | undefined
  #media: { atMs: number; lastNumber: number } | undefined
  #fetching: Wish | undefined
  #coming: Wish[] = []
  #newest = -1
  /** when the audio in the buffer will have been played; undefined before the first segment */
  #fullUntilMs: number | undefined
  #silentMs = 0
  /** where the newest segment came from */
  heardFrom: string | undefined
  /** changes of the server that segments come from */
  moves = 0
  /** requests without a usable answer: what was asked for and what came of it, and how often */
  readonly causes = new Map<string, number>()
  /** segments that were never listed while it looked */
  missed = 0
  segments = 0

  /**
   * @param url of the multivariant playlist
   * @param followsStart begins where the playlist says (EXT-X-START), as hls.js and video.js do
   */
  constructor(url: string, followsStart = false) {
    this.#url = url
    this.#followsStart = followsStart
  }

  /** requests without a usable answer */
  get failures(): number {
    let sum = 0
    for (const count of this.causes.values()) sum += count
    return sum
  }

  /** The pathway that it fetches from. */
  get pathway(): string | undefined {
    return this.#current
  }

  /** ms of audio that are left to play. */
  bufferMs(nowMs: number): number {
    return Math.max(0, (this.#fullUntilMs ?? nowMs) - nowMs)
  }

  /** ms without audio since it began to play. */
  silentMs(nowMs: number): number {
    return this.#silentMs + Math.max(0, nowMs - (this.#fullUntilMs ?? nowMs))
  }

  /** When it has to be looked at again, if no answer comes before. */
  get wakeMs(): number {
    if (!this.#media) return this.#hasAsked ? Number.POSITIVE_INFINITY : this.#retryAtMs
    const isFree = this.#fetching === undefined && this.#coming.length > 0
    return Math.min(
      isFree ? this.#retryAtMs : Number.POSITIVE_INFINITY,
      this.#media.atMs,
      this.#steering?.atMs ?? Number.POSITIVE_INFINITY,
    )
  }

  /** What it wants now; each wish has to be answered by {@link answer} once. */
  wishes(nowMs: number): Wish[] {
    if (!this.#media) {
      if (this.#hasAsked || nowMs < this.#retryAtMs) return []
      this.#hasAsked = true
      return [wishOf('multivariant', this.#url)]
    }
    const wishes: Wish[] = []
    if (this.#steering && nowMs >= this.#steering.atMs) {
      this.#steering.atMs = Number.POSITIVE_INFINITY
      wishes.push(wishOf('steering', this.#steeringUrl(this.#steering.url)))
    }
    const url = this.#current === undefined ? undefined : this.#pathways.get(this.#current)
    if (url !== undefined && nowMs >= this.#media.atMs) {
      this.#media.atMs = Number.POSITIVE_INFINITY
      wishes.push(wishOf('media', url, this.#current))
    }
    const [next] = this.#coming
    if (!this.#fetching && next && nowMs >= this.#retryAtMs) {
      this.#coming.shift()
      this.#fetching = next
      wishes.push(next)
    }
    return wishes
  }

  /** Takes the answer to a wish. */
  answer(wish: Wish, came: Came, nowMs: number): void {
    try {
      if (wish.kind === 'multivariant') this.#begin(came, nowMs)
      else if (wish.kind === 'steering') this.#steer(came, nowMs)
      else if (wish.kind === 'media') this.#list(wish, came, nowMs)
      else this.#hear(wish, came, nowMs)
    } catch {
      this.#fail(wish, came, nowMs)
    }
  }

  #begin(came: Came, nowMs: number): void {
    const { pathways, steeringUrl } = readPathways(textOf(came), this.#url)
    this.#pathways = pathways
    this.#priority = [...pathways.keys()]
    this.#media = { atMs: nowMs, lastNumber: -1 }
    this.#current = this.#priority[0]
    if (steeringUrl !== undefined)
      this.#steering = { url: steeringUrl, atMs: nowMs, ttlSeconds: ttlDefaultSeconds }
  }

  #steeringUrl(url: string): string {
    return `${url}${url.includes('?') ? '&' : '?'}_HLS_pathway=${this.#current ?? ''}&_HLS_throughput=5000000`
  }

  #steer(came: Came, nowMs: number): void {
    const steering = this.#steering
    if (!steering) return
    if (came.status === 410) {
      this.#steering = undefined // never again
      return
    }
    steering.atMs = nowMs + (came.retrySeconds ?? steering.ttlSeconds) * 1000
    const { ttlSeconds, priority, clones, reloadUri } = readSteering(textOf(came), this.#pathways)
    steering.ttlSeconds = ttlSeconds
    steering.atMs = nowMs + ttlSeconds * 1000
    if (reloadUri !== undefined) steering.url = new URL(reloadUri, steering.url).href
    for (const [id, url] of clones) this.#pathways.set(id, url)
    this.#priority = priority
    this.#choose(nowMs)
  }

  #list(wish: Wish, came: Came, nowMs: number): void {
    if (wish.pathway !== this.#current || !this.#media) return // it has moved meanwhile
    const listed = readSegments(textOf(came))
    const last = listed.segments.at(-1)?.number ?? -1
    // a target duration after a change, else half of one (RFC 8216 §6.3.4)
    const waitSeconds = last === this.#media.lastNumber ? listed.targetSeconds / 2 : listed.targetSeconds
    this.#media = { atMs: nowMs + waitSeconds * 1000, lastNumber: last }
    this.#queue(wish, listed)
  }

  #queue(wish: Wish, { targetSeconds, startSeconds, segments }: ReadSegments): void {
    if (this.#newest < 0) {
      let behind = 0
      const wanted = (this.#followsStart && startSeconds) || beginTargets * targetSeconds
      const from = segments.findLastIndex(({ seconds }) => {
        behind += seconds
        return behind >= wanted
      })
      this.#newest = (segments[Math.max(0, from)]?.number ?? 0) - 1
    }
    const isNew = segments.filter(({ number }) => number > this.#newest)
    this.missed += Math.max(0, (isNew[0]?.number ?? 0) - this.#newest - 1)
    this.#newest = isNew.at(-1)?.number ?? this.#newest
    for (const { uri, number, seconds } of isNew)
      this.#coming.push({
        kind: 'segment',
        url: resolved(uri, wish.url),
        pathway: wish.pathway,
        number,
        seconds,
      })
  }

  #hear({ pathway, seconds }: Wish, came: Came, nowMs: number): void {
    if (came.status !== 200) throw new Error('no segment')
    this.#fetching = undefined
    this.segments++
    this.#silentMs = this.silentMs(nowMs)
    this.#fullUntilMs = Math.max(nowMs, this.#fullUntilMs ?? nowMs) + seconds * 1000
    if (this.heardFrom !== undefined && pathway !== this.heardFrom) this.moves++
    this.heardFrom = pathway
  }

  #fail(wish: Wish, came: Came, nowMs: number): void {
    const { retrySeconds } = came
    const cause = `${wish.kind}: ${causeOf(came)}`
    this.causes.set(cause, (this.causes.get(cause) ?? 0) + 1)
    if (wish.kind === 'multivariant') {
      this.#hasAsked = false
      this.#retryAtMs = nowMs + (retrySeconds ?? retryMs / 1000) * 1000
    }
    if (wish.kind === 'segment') {
      this.#fetching = undefined
      this.#coming.unshift(wish)
    }
    if (wish.pathway === undefined) return
    if (wish.pathway === this.#current) {
      this.#penaltyUntilMs.set(wish.pathway, nowMs + penaltyMs)
      this.#choose(nowMs)
    }
    if (wish.pathway !== this.#current) {
      if (wish.kind === 'segment') this.#listAgain(nowMs)
    } else if (wish.kind === 'segment') this.#retryAtMs = nowMs + retryMs
    else if (this.#media) this.#media.atMs = nowMs + retryMs
  }

  /** Goes to the first pathway of the order that has not failed lately. */
  #choose(nowMs: number): void {
    const isUsable = (id: string) => this.#pathways.has(id) && (this.#penaltyUntilMs.get(id) ?? 0) <= nowMs
    const [best = this.#current] = this.#priority.filter(isUsable)
    if (best === this.#current) return
    this.#current = best
    this.#listAgain(nowMs)
  }

  /** What is to come is listed again by the pathway that it is on now. */
  #listAgain(nowMs: number): void {
    const [first] = this.#coming
    if (first) this.#newest = first.number - 1
    this.#coming = []
    this.#retryAtMs = 0
    if (this.#media) this.#media = { atMs: nowMs, lastNumber: -1 }
  }
}

const wishOf = (kind: Wish['kind'], url: string, pathway?: string): Wish => ({
  kind,
  url,
  pathway,
  number: 0,
  seconds: 0,
})

const causeOf = ({ status, why }: Came): string => {
  if (status === 0) return why ?? 'no answer'
  return status === 200 ? 'not readable' : `status ${status}`
}

function textOf({ status, text }: Came): string {
  if (status !== 200) throw new Error(`answered ${status}`)
  return text
}

/** A segment's url, from its line in the playlist: a name in the same folder. */
const resolved = (uri: string, playlist: string): string => {
  const end = playlist.indexOf('?')
  const path = end < 0 ? playlist : playlist.slice(0, end)
  return path.slice(0, path.lastIndexOf('/') + 1) + uri
}
