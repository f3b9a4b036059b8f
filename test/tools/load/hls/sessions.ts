import { Lateness } from './lateness.ts'
import { Session } from './session.ts'

/** The task of a process of sessions. */
export interface HlsCrowdPlan {
  /** of the multivariant playlist, or several that sessions take in turn */
  urls: readonly string[]
  count: number
  /** joins a second */
  perSecond: number
  /** each session comes from an address of its own: servers bound what one address may have */
  spread: boolean
}

/** What the sessions of a process have heard, a line of JSON each second. */
export interface HlsHeard {
  /** those that have begun to play */
  playing: number
  /** sessions by the pathway that their newest segment came from */
  pathways: Record<string, number>
  /** bytes, heads included */
  received: number
  requests: number
  segments: number
  /** requests without a usable answer, and how often each cause was */
  failures: number
  causes: Record<string, number>
  /** ms by which this process came late to a look at its sessions, at most: what it asked for meanwhile is late because of that */
  lateMs: number
  /** changes of server */
  moves: number
  /** segments that a session was never told of */
  missed: number
  /** ms of audio in the buffer: of the session that has least, and of the one in the middle */
  bufferMs: { least: number; middle: number }
  /** sessions that were without audio for some time since they began, and the longest such time of one of them in ms */
  silent: number
  silentMs: number
}

/** ms between two looks at what the sessions want */
const lookMs = 20
/** ms between two lines */
const lineMs = 1000
/** ms below which a silence is not told: a look at the sessions may come late by as much on a busy machine */
const silenceMsMin = 50

/** 127.1.0.1 and so on: all of 127/8 is this machine */
const addressOf = (i: number) => `127.1.${i >> 8}.${i & 255 || 255}`

/** Counts by name, added up. */
export function addedCounts(
  a: Readonly<Record<string, number>>,
  b: Readonly<Record<string, number>>,
): Record<string, number> {
  const both = { ...a }
  for (const [name, count] of Object.entries(b)) both[name] = (both[name] ?? 0) + count
  return both
}

const sum = (numbers: readonly number[]) => numbers.reduce((total, each) => total + each, 0)

/** What the sessions have heard until now. @param lateMs see {@link HlsHeard} */
export function heardBy(sessions: readonly Session[], nowMs: number, lateMs = 0): HlsHeard {
  const players = sessions.map(({ player }) => player)
  const playing = players.filter(({ segments }) => segments > 0)
  const pathways: Record<string, number> = {}
  for (const { heardFrom = '' } of playing) pathways[heardFrom] = (pathways[heardFrom] ?? 0) + 1
  const buffers = playing.map((player) => player.bufferMs(nowMs)).sort((a, b) => a - b)
  const silences = playing.map((player) => player.silentMs(nowMs)).filter((ms) => ms > silenceMsMin)
  return {
    playing: playing.length,
    pathways,
    received: sum(sessions.map(({ received }) => received)),
    requests: sum(sessions.map(({ requests }) => requests)),
    segments: sum(players.map(({ segments }) => segments)),
    failures: sum(players.map(({ failures }) => failures)),
    causes: players.map(({ causes }) => Object.fromEntries(causes)).reduce(addedCounts, {}),
    lateMs,
    moves: sum(players.map(({ moves }) => moves)),
    missed: sum(players.map(({ missed }) => missed)),
    bufferMs: { least: buffers[0] ?? 0, middle: buffers[buffers.length >> 1] ?? 0 },
    silent: silences.length,
    silentMs: Math.max(0, ...silences),
  }
}

/** Lets sessions join and play, in this process, until `stop` is called. */
export function playAll({ urls, count, perSecond, spread }: HlsCrowdPlan): {
  sessions: Session[]
  lateness: Lateness
  stop: () => void
} {
  const sessions: Session[] = []
  const beganMs = performance.now()
  const lateness = new Lateness(lookMs, beganMs)
  const looking = setInterval(() => {
    const nowMs = performance.now()
    if (!lateness.isInTime(nowMs)) return
    const due = Math.min(count, Math.floor(((nowMs - beganMs) / 1000) * perSecond))
    while (sessions.length < due) {
      const i = sessions.length
      sessions.push(new Session(urls[i % urls.length] ?? '', { from: spread ? addressOf(i) : undefined }))
    }
    for (const session of sessions) session.look(nowMs)
  }, lookMs)
  const stop = () => {
    clearInterval(looking)
    for (const session of sessions) session.close()
  }
  return { sessions, lateness, stop }
}

// `node sessions.ts PLAN`, a separate process, so that its work is not counted as the server's; runs until it is killed.
if (import.meta.main) {
  const { sessions, lateness } = playAll(JSON.parse(process.argv[2] ?? '{}'))
  setInterval(
    () => console.log(JSON.stringify(heardBy(sessions, performance.now(), lateness.mostMs))),
    lineMs,
  )
}
