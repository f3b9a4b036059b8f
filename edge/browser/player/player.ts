/// The player page in a browser: one stream, and what is true of it at the moment.
import { element, toText } from '../../../shared/page/browser/elements.ts'
import { abilitiesOf, cuesOf } from './browser.ts'
import { playSound, type SoundEvents } from './sound.ts'
import {
  isConnected,
  isWanted,
  lookAfterMs,
  next,
  type PlayerEvent,
  type PlayerState,
  statusText,
  stoppedPlayer,
} from './state.ts'
import { nowLine, titleAt } from './titles.ts'
import { type PlayerWay, waysOf } from './ways.ts'

const main = element(document, 'main')
const button = element<HTMLButtonElement>(main, '.play')
const audio = element<HTMLAudioElement>(main, 'audio')
const { mount = '', now: nowUrl = '', hlsJs = '' } = main.dataset
const addresses = {
  mount: mount + location.search,
  playlist: `${mount}.m3u8${location.search}`,
  hlsJs,
}
const abilities = abilitiesOf(window)

let ways: readonly PlayerWay[] = []
let state: PlayerState = stoppedPlayer(main.dataset.air === 'on')
let stopSound = () => {}
/** what the edge says of the mount */
let name = element(main, 'h1').textContent ?? ''
let mountTitle = element(main, '.now').textContent ?? ''
let lookTimer = 0

function useWays(isPackaged: boolean): void {
  const found = waysOf(abilities, isPackaged)
  // the way in use is a number in this list
  if (!isConnected(state)) ways = found
}

function happen(event: PlayerEvent): void {
  const before = state
  state = next(before, event, { nowMs: performance.now(), roll: Math.random(), ways })
  if (state === before) return
  if (state.attempt !== before.attempt || (isConnected(before) && !isConnected(state))) stopSound()
  if (state.attempt !== before.attempt) startSound(state.attempt)
  if (state.phase !== before.phase && state.phase !== 'playing') lookSoon()
  show()
}

function startSound(attempt: number): void {
  const way = ways[state.way] ?? 'plain'
  // the ends of an older connection come late
  const of = (event: PlayerEvent) => {
    if (state.attempt === attempt) happen(event)
  }
  const events: SoundEvents = {
    started: () => of({ is: 'started' }),
    stalled: () => of({ is: 'stalled' }),
    failed: (why) => of({ is: 'failed', why }),
    paused: () => of({ is: 'stop' }),
  }
  const stop = playSound(audio, way, addresses, events)
  stopSound = () => {
    stopSound = () => {}
    stop()
  }
}

/** The title that is heard: by HLS what the segments say, else what the mount's master says. */
function titleNow(): string {
  if (!isWanted(state)) return state.isOnAir ? mountTitle : ''
  if (state.phase === 'off air') return ''
  return titleAt(cuesOf(audio.textTracks), audio.currentTime) ?? mountTitle
}

/** Marks that change the direction of text could turn the rest of a window's title around. */
const directionMarks = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g

function show(): void {
  main.dataset.state = state.phase
  button.setAttribute('aria-label', `Play ${name}`)
  button.setAttribute('aria-pressed', String(isWanted(state)))
  const title = titleNow()
  toText(element(main, '.now'), title)
  toText(element(main, '.status'), statusText(state))
  toText(element(main, 'h1'), name)
  const isTold = isWanted(state) && title !== ''
  const windowTitle = (isTold ? `${title} – ${name}` : name).replace(directionMarks, '')
  if (document.title !== windowTitle) document.title = windowTitle
  if ('mediaSession' in navigator) showToSystem(title)
}

let shownToSystem = ''
function showToSystem(title: string): void {
  const { mediaSession } = navigator
  mediaSession.playbackState = isWanted(state) ? 'playing' : 'none'
  if (shownToSystem === title + name) return
  shownToSystem = title + name
  mediaSession.metadata = new MediaMetadata({ title: title || name, artist: title && name })
}

/** What `/now` says of one mount. */
interface Told {
  name: string | null
  title: string | null
  artist: string | null
  hls: string | null
}

async function look(): Promise<void> {
  const answer = await fetch(nowUrl)
  if (!answer.ok) throw new Error(`the edge answered ${answer.status}`)
  const [told] = (await answer.json()) as Told[]
  if (told) {
    name = told.name ?? decodeURIComponent(mount)
    mountTitle = nowLine(told.artist, told.title)
    useWays(told.hls !== null)
  } else mountTitle = ''
  happen({ is: 'told', isOnAir: told !== undefined })
  show()
}

function lookLater(ms: number): void {
  window.clearTimeout(lookTimer)
  lookTimer = window.setTimeout(() => {
    const again = () => lookLater(lookAfterMs(state, ways[state.way], document.hidden, Math.random()))
    // the edge is away: what plays goes on, and the next look may succeed
    look().then(again, again)
  }, ms)
}

/** A moment after a change, and not at the same one for all listeners of a server that died. */
const lookSoon = () => lookLater(Math.random() * 1000)

button.hidden = false
button.addEventListener('click', () => happen({ is: isWanted(state) ? 'stop' : 'play' }))
audio.addEventListener('timeupdate', show)
window.addEventListener('online', () => happen({ is: 'online' }))
document.addEventListener('visibilitychange', () => {
  if (!document.hidden) lookSoon()
})
if ('mediaSession' in navigator)
  for (const [action, event] of [
    ['play', 'play'],
    ['pause', 'stop'],
    ['stop', 'stop'],
  ] as const)
    navigator.mediaSession.setActionHandler(action, () => happen({ is: event }))
setInterval(() => happen({ is: 'tick' }), 250)
useWays(main.dataset.hls === 'on')
show()
lookLater(lookAfterMs(state, undefined, document.hidden, Math.random()))
