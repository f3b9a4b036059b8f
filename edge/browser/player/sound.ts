import { failureOfAnswer } from './failures.ts'
import { loadByHlsJs, loadHlsJs } from './hls-js.ts'
import type { Failure } from './state.ts'
import type { PlayerWay } from './ways.ts'

/** Where a mount is. */
export interface Addresses {
  /** the plain mount, with the query of the page */
  mount: string
  /** its multivariant playlist */
  playlist: string
  /** hls.js at the edge */
  hlsJs: string
}

/** What an audio element tells of one connection. */
export interface SoundEvents {
  started(): void
  stalled(): void
  failed(why: Failure): void
  /** Somebody paused it: a key of the keyboard, a headset, the system. */
  paused(): void
}

/** Plays a mount in one way. Returns what ends that: a paused stream would continue to load, and be minutes late when it is played again. */
export function playSound(
  audio: HTMLAudioElement,
  way: PlayerWay,
  addresses: Addresses,
  events: SoundEvents,
): () => void {
  const ended = new AbortController()
  const { signal } = ended
  const failed = (why: Failure) => {
    if (!signal.aborted) events.failed(why)
  }
  const when = (event: string, act: () => void) => audio.addEventListener(event, act, { signal })
  when('playing', events.started)
  when('waiting', events.stalled)
  when('ended', () => failed('network'))
  when('pause', () => {
    // an audio element that ends, or fails, pauses too
    if (!audio.ended && !audio.error) events.paused()
  })
  const begin = () =>
    audio.play().catch((error: unknown) => {
      if (error instanceof DOMException && error.name === 'NotAllowedError') failed('blocked')
    })
  let leave = () => {}
  if (way === 'hls.js')
    loadHlsJs(addresses.hlsJs).then(
      (loaded) => {
        if (signal.aborted) return
        leave = loadByHlsJs(loaded, audio, addresses.playlist, { ready: begin, failed })
      },
      // another version of the edge may answer by now, which has another file
      () => failed('missing'),
    )
  else {
    audio.src = way === 'native' ? addresses.playlist : addresses.mount
    when('error', () => explain(audio, way, addresses).then(failed))
    begin()
  }
  return () => {
    ended.abort()
    leave()
    audio.pause()
    audio.removeAttribute('src')
    audio.load()
  }
}

/** Why an audio element failed, which it does not say itself: the edge is asked as it was before, without being counted. */
async function explain(audio: HTMLAudioElement, way: PlayerWay, addresses: Addresses): Promise<Failure> {
  if (audio.error?.code !== MediaError.MEDIA_ERR_SRC_NOT_SUPPORTED) return 'network'
  const url = way === 'native' ? addresses.playlist : addresses.mount
  const answer = await fetch(url, { method: 'HEAD', cache: 'no-store' }).catch(() => undefined)
  return failureOfAnswer(answer, (type) => audio.canPlayType(type) !== '')
}
