import type { History } from '../history/history.ts'
import { historyLimits } from '../history/limits.ts'
import type { Play } from '../history/play-log.ts'
import { Resampler, type Step } from '../history/resample.ts'
import type { Selected } from '../history/rows.ts'
import type { HistoryRowJson, PlayJson } from './history-json.ts'
import type { HistoryQuery, PlaysQuery } from './history-query.ts'

/** Lets listeners be answered before a long answer goes on. */
const pause = () => new Promise<void>((resolve) => setTimeout(resolve, 0))

/** The rows of a history, oldest first. */
export async function historyOf(
  history: History,
  query: HistoryQuery,
  nowMs: number,
): Promise<HistoryRowJson[]> {
  const { from, to, step } = query
  const unit = step < 3600 ? 60 : 3600
  const resampler = new Resampler(unit, step)
  const read = unit === 60 ? 'minutes' : 'hours'
  const slices = history[read](selectedOf(query), Math.floor(from / unit), Math.ceil(to / unit), nowMs)
  for (const slice of slices) {
    resampler.add(slice)
    await pause()
  }
  return resampler.steps.filter(({ span }) => span > 0).map(rowJson)
}

const selectedOf = ({ mount, server }: HistoryQuery): Selected => {
  if (mount !== undefined) return { mount }
  return server === undefined ? 'all' : { server }
}

const rowJson = ({ at, span, numbers }: Step): HistoryRowJson => ({
  at: iso(at * 1000),
  listenersMean: round(numbers.seconds / span, 2),
  listenersPeak: numbers.peak,
  listeningHours: round(numbers.seconds / 3600, 4),
  joins: numbers.joins,
  refused: numbers.refused,
  bandwidth: round(numbers.kbit / span, 0),
})

/** What was played, oldest first; undefined if that is more than one answer holds. */
export async function playsOf(
  history: History,
  { mount, from, to }: PlaysQuery,
  nowMs: number,
): Promise<PlayJson[] | undefined> {
  const isAsked = (play: Play) => mount === undefined || play.mount === mount
  const isWithin = ({ startMs }: Play) => startMs >= from * 1000 && startMs < to * 1000
  // a play under way belongs to every time that includes the present, whenever it began
  const isNow = to * 1000 >= history.wallMs(nowMs) - 1000
  const recent = history.recentPlays(nowMs)
  const ended = recent.ended.filter(isAsked).filter(isWithin)
  const open = recent.open
    .filter(isAsked)
    .filter((play) => (isNow ? play.startMs < to * 1000 : isWithin(play)))
  const storedMax = historyLimits.playsAnsweredMax - ended.length - open.length
  if (storedMax < 0) return undefined
  const plays: PlayJson[] = []
  const stored = new Set<string>()
  for (const slice of history.plays(from * 1000, to * 1000)) {
    const asked = slice.filter(isAsked)
    if (plays.length + asked.length > storedMax) return undefined
    for (const play of asked) {
      plays.push(playJson(play, false))
      stored.add(keyOf(play))
    }
    await pause()
  }
  // the store may have got some of them meanwhile
  const isNew = (play: Play) => !stored.has(keyOf(play))
  plays.push(...ended.filter(isNew).map((play) => playJson(play, false)))
  plays.push(...open.filter(isNew).map((play) => playJson(play, true)))
  return plays.sort((a, b) => (a.start < b.start ? -1 : a.start > b.start ? 1 : a.mount < b.mount ? -1 : 1))
}

/** Two plays of a mount may begin in one millisecond. */
const keyOf = ({ startMs, mount, artist, title }: Play) => JSON.stringify([startMs, mount, artist, title])

const playJson = (play: Play, playing: boolean): PlayJson => ({
  mount: play.mount,
  artist: play.artist ?? null,
  title: play.title ?? null,
  start: iso(play.startMs),
  seconds: round(play.seconds, 1),
  listenersAtStart: play.listenersAtStart,
  listenersMean: play.seconds > 0 ? round(play.listeningSeconds / play.seconds, 2) : play.listenersAtStart,
  listenersPeak: play.peak,
  listeningHours: round(play.listeningSeconds / 3600, 4),
  playing,
})

const iso = (ms: number) => new Date(ms).toISOString()
const round = (value: number, digits: number) => Number(value.toFixed(digits))
