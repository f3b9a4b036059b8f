import type Hls from 'hls.js'
import type { HlsConfig } from 'hls.js'
import { failureOf } from './failures.ts'
import type { Failure } from './state.ts'

/** Segments are short and servers several: one that fails is left for another before the buffer runs dry. */
const loadOnce = {
  default: {
    maxTimeToFirstByteMs: 4000,
    maxLoadTimeMs: 10_000,
    timeoutRetry: { maxNumRetry: 1, retryDelayMs: 0, maxRetryDelayMs: 0 },
    errorRetry: { maxNumRetry: 1, retryDelayMs: 500, maxRetryDelayMs: 500 },
  },
}

const config: Partial<HlsConfig> = {
  // it would be made of a blob, which the page's policy forbids, and audio needs none
  enableWorker: false,
  lowLatencyMode: false,
  liveDurationInfinity: true,
  // segments: what is in the buffer has to last until a dead server is left
  liveSyncDurationCount: 4,
  backBufferLength: 30,
  fragLoadPolicy: loadOnce,
  playlistLoadPolicy: loadOnce,
}

/** Loads hls.js from the edge, once. */
export async function loadHlsJs(url: string): Promise<typeof Hls> {
  const { default: loaded } = (await import(url)) as { default: typeof Hls }
  return loaded
}

/** segments that are in the buffer before it plays (RFC 8216 §6.3.3): a stream that has just begun has one, and would run dry at the first delay */
const segmentsAhead = 2.5

/**
 * ms until it loads again where every server that it knows has failed, while the buffer is heard: steering may name others
 * by then. A new connection would lose what is in the buffer.
 */
const retryMs = 1000

/** Loads a playlist into an audio element. Returns what ends that. @param ready there is enough to play */
export function loadByHlsJs(
  Player: typeof Hls,
  audio: HTMLAudioElement,
  playlist: string,
  { ready, failed }: { ready: () => void; failed: (why: Failure) => void },
): () => void {
  const hls = new Player(config)
  hls.on(Player.Events.FRAG_BUFFERED, function wait() {
    const targetSeconds = hls.latestLevelDetails?.targetduration ?? 0
    if ((hls.mainForwardBufferInfo?.len ?? 0) < segmentsAhead * targetSeconds) return
    hls.off(Player.Events.FRAG_BUFFERED, wait)
    ready()
  })
  let retrying = 0
  hls.on(Player.Events.ERROR, (_, data) => {
    if (!data.fatal) return
    const why = failureOf(data)
    const isHeard = (hls.mainForwardBufferInfo?.len ?? 0) > retryMs / 1000
    if (why !== 'network' || data.type !== Player.ErrorTypes.NETWORK_ERROR || !isHeard) failed(why)
    else retrying = window.setTimeout(() => hls.startLoad(), retryMs)
  })
  hls.loadSource(playlist)
  hls.attachMedia(audio)
  return () => {
    window.clearTimeout(retrying)
    hls.destroy()
  }
}
