import type { Mount } from '../mount.ts'
import type { AboutMount } from '../report/about-mount.ts'
import { historyLimits } from './limits.ts'
import type { Series } from './series.ts'

/** Something that was played on a mount. Plain data: it is stored. */
export interface Play {
  mount: Mount
  artist: string | undefined
  title: string | undefined
  /** ms since 1970 by the wall clock */
  startMs: number
  seconds: number
  listenersAtStart: number
  peak: number
  /** s that listeners listened to it, added up */
  listeningSeconds: number
}

/** A play that is not over. */
interface OpenPlay {
  play: Play
  /** by the clock that never steps */
  startedMs: number
  /** the listener seconds of the mount at that moment */
  startSeconds: number
  series: Series
}

type Track = Pick<AboutMount, 'artist' | 'title'>

/** What is played on each mount, from the titles that masters report. A mount without artist and title plays nothing known. */
export class PlayLog {
  #open = new Map<Mount, OpenPlay>()
  #ended: Play[] = []
  /** plays of a mount that ended since the last row */
  #endedOf = new Map<Mount, number>()

  /** The track of a mount as of a moment; undefined: nothing, or it is not known. */
  note(mount: Mount, track: Track | undefined, series: Series, atMs: number, wallMs: number): void {
    const { artist, title } = track ?? {}
    const open = this.#open.get(mount)
    if (open && open.play.artist === artist && open.play.title === title) return
    if (open) this.#end(open, atMs)
    if (artist === undefined && title === undefined) return
    series.startPlay()
    const { listeners } = series
    this.#open.set(mount, {
      play: {
        mount,
        artist,
        title,
        startMs: Math.round(wallMs),
        seconds: 0,
        listenersAtStart: listeners,
        peak: listeners,
        listeningSeconds: 0,
      },
      startedMs: atMs,
      startSeconds: series.secondsAt(atMs),
      series,
    })
  }

  /** Goes on with a play that was under way when the decider stopped. */
  resume(play: Play, series: Series, atMs: number): void {
    series.startPlay()
    this.#open.set(play.mount, { play, startedMs: atMs, startSeconds: series.secondsAt(atMs), series })
  }

  /** A play that was under way when the decider stopped, and cannot go on. */
  addEnded(play: Play): void {
    this.#ended.push(play)
  }

  isOpen(mount: Mount): boolean {
    return this.#open.has(mount)
  }

  /** The plays under way, as of a moment. */
  open(atMs: number): Play[] {
    return [...this.#open.values()].map((open) => playAt(open, atMs))
  }

  /** The plays that ended since the last row. */
  get ended(): readonly Play[] {
    return this.#ended
  }

  /** The same; the row ends here. */
  takeEnded(): Play[] {
    this.#endedOf.clear()
    return this.#ended.splice(0)
  }

  #end(open: OpenPlay, atMs: number): void {
    const { mount } = open.play
    this.#open.delete(mount)
    const count = this.#endedOf.get(mount) ?? 0
    if (count >= historyLimits.playsPerMinuteMax) return
    this.#endedOf.set(mount, count + 1)
    this.#ended.push(playAt(open, atMs))
  }
}

function playAt({ play, startedMs, startSeconds, series }: OpenPlay, atMs: number): Play {
  return {
    ...play,
    seconds: rounded(play.seconds + Math.max(0, atMs - startedMs) / 1000),
    peak: Math.max(play.peak, series.playPeak),
    listeningSeconds: rounded(play.listeningSeconds + Math.max(0, series.secondsAt(atMs) - startSeconds)),
  }
}

/** to a ms: the mean of a play of a second depends on it */
const rounded = (seconds: number) => Math.round(seconds * 1000) / 1000
