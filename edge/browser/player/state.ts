import type { PlayerWay } from './ways.ts'

/** Why playing has ended. */
export type Failure =
  /** the connection, or a server that went away */
  | 'network'
  | 'no room'
  /** there is no such playlist: the mount is off air, or not packaged */
  | 'missing'
  /** the server wants a login, or rejects this one */
  | 'refused'
  /** the browser has no decoder for it */
  | 'unsupported'
  /** the browser wants another click first */
  | 'blocked'

export type Phase =
  | 'stopped'
  | 'connecting'
  | 'playing'
  | 'buffering'
  | 'reconnecting'
  | 'off air'
  | 'refused'
  | 'unplayable'

/** What a player does; the phases from `connecting` to `off air` are those in which somebody wants to listen. */
export interface PlayerState {
  readonly phase: Phase
  readonly why: Failure | undefined
  /** which of the ways to play is in use */
  readonly way: number
  /** failed in a row */
  readonly tries: number
  /** changes with each new connection */
  readonly attempt: number
  /** ms: a reconnection is due, or a connection has taken too long; undefined: nothing is */
  readonly dueMs: number | undefined
  /** the edge says so */
  readonly isOnAir: boolean
}

export type PlayerEvent =
  | { is: 'play' | 'stop' | 'started' | 'stalled' | 'tick' | 'online' }
  | { is: 'failed'; why: Failure }
  | { is: 'told'; isOnAir: boolean }

interface Circumstances {
  nowMs: number
  /** a number in [0, 1): listeners of a stream that breaks come back one by one */
  roll: number
  ways: readonly PlayerWay[]
}

/** ms within which a connection has to play, and a stall to end: then the player connects again */
const patienceMs = 20_000
/** ms until the first reconnection; each further one waits twice as long, up to the longest */
const firstRetryMs = 1000
const longestRetryMs = 30_000

export const stoppedPlayer = (isOnAir: boolean): PlayerState => ({
  phase: 'stopped',
  why: undefined,
  way: 0,
  tries: 0,
  attempt: 0,
  dueMs: undefined,
  isOnAir,
})

/** Whether somebody wants to listen. */
export const isWanted = ({ phase }: PlayerState): boolean =>
  phase !== 'stopped' && phase !== 'refused' && phase !== 'unplayable'

/** Whether a connection is open. */
export const isConnected = ({ phase }: PlayerState): boolean =>
  phase === 'connecting' || phase === 'playing' || phase === 'buffering'

/** The state after an event. */
export function next(state: PlayerState, event: PlayerEvent, at: Circumstances): PlayerState {
  switch (event.is) {
    case 'play':
      if (isWanted(state)) return state
      return state.isOnAir ? connect({ ...state, tries: 0 }, 0, at) : offAir(state)
    case 'stop':
      return { ...state, phase: 'stopped', why: undefined, dueMs: undefined }
    case 'started':
      if (!isConnected(state)) return state
      return { ...state, phase: 'playing', why: undefined, tries: 0, dueMs: undefined }
    case 'stalled':
      if (state.phase !== 'playing') return state
      return { ...state, phase: 'buffering', dueMs: at.nowMs + patienceMs }
    case 'tick':
      return state.dueMs !== undefined && state.dueMs <= at.nowMs ? due(state, at) : state
    case 'online':
      return state.phase === 'reconnecting' ? connect(state, 0, at) : state
    case 'failed':
      return isConnected(state) ? failed(state, event.why, at) : state
    case 'told':
      return told({ ...state, isOnAir: event.isOnAir }, at)
  }
}

const connect = (state: PlayerState, way: number, { nowMs }: Circumstances): PlayerState => ({
  ...state,
  phase: 'connecting',
  way,
  attempt: state.attempt + 1,
  dueMs: nowMs + patienceMs,
})

const offAir = (state: PlayerState): PlayerState => ({
  ...state,
  phase: 'off air',
  why: undefined,
  dueMs: undefined,
})

function due(state: PlayerState, at: Circumstances): PlayerState {
  return state.phase === 'reconnecting' ? connect(state, 0, at) : failed(state, 'network', at)
}

function failed(state: PlayerState, why: Failure, at: Circumstances): PlayerState {
  if (why === 'blocked') return { ...state, phase: 'stopped', why, dueMs: undefined }
  if (why === 'refused') return { ...state, phase: 'refused', why, dueMs: undefined }
  if (!state.isOnAir) return offAir(state)
  const hasNext = state.way + 1 < at.ways.length
  // by HLS fewer servers may have the mount, or room for it; something else may answer for the segments
  const neverPlays = state.phase === 'connecting' && state.tries > 0
  if ((why !== 'network' || neverPlays) && hasNext) return connect(state, state.way + 1, at)
  if (why === 'unsupported') return { ...state, phase: 'unplayable', why, dueMs: undefined }
  const waitMs = Math.min(longestRetryMs, firstRetryMs * 2 ** Math.min(state.tries, 10))
  return {
    ...state,
    phase: 'reconnecting',
    why,
    tries: state.tries + 1,
    dueMs: at.nowMs + waitMs * (0.5 + at.roll),
  }
}

/** What is in the buffer of a mount that went off air is played to its end. */
function told(state: PlayerState, at: Circumstances): PlayerState {
  if (state.isOnAir) return state.phase === 'off air' ? connect({ ...state, tries: 0 }, 0, at) : state
  return isWanted(state) && state.phase !== 'playing' ? offAir(state) : state
}

const failureTexts: Readonly<Record<Failure, string>> = {
  network: 'Connection lost. Trying again…',
  missing: 'Connection lost. Trying again…',
  'no room': 'All servers are full. Trying again…',
  refused: 'The server does not allow you to listen.',
  unsupported: 'This browser cannot play this stream.',
  blocked: 'The browser did not start playback. Press play again.',
}

/** The state in words for the listener. */
export function statusText({ phase, why, tries, isOnAir }: PlayerState): string {
  switch (phase) {
    case 'stopped':
      return why ? failureTexts[why] : isOnAir ? '' : 'Off air'
    case 'connecting':
      return tries === 0 ? 'Connecting…' : failureTexts.network
    case 'playing':
      return 'Playing'
    case 'buffering':
      return 'Buffering…'
    case 'off air':
      return 'Off air. It plays when the stream is back.'
    default:
      return failureTexts[why ?? 'network']
  }
}

/** ms until the page asks the edge again what plays. By HLS the segments tell titles, and a page that nobody looks at needs none. */
export function lookAfterMs(
  state: PlayerState,
  way: PlayerWay | undefined,
  isHidden: boolean,
  roll: number,
): number {
  const ms = lookBaseMs(state, way, isHidden)
  return ms * (0.8 + 0.4 * roll)
}

function lookBaseMs(state: PlayerState, way: PlayerWay | undefined, isHidden: boolean): number {
  if (state.phase === 'buffering' || state.phase === 'reconnecting') return 4000
  if (state.phase === 'off air') return 8000
  if (isHidden && !isWanted(state)) return 120_000
  return state.phase === 'playing' && way === 'plain' ? 8000 : 30_000
}
