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

/** segments that are in the buffer before it plays: a stream that has just begun has one, and would run dry at the first delay */
const segmentsAhead = 1.5

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
  hls.on(Player.Events.ERROR, (_, data) => {
    if (data.fatal) failed(failureOf(data))
  })
  hls.loadSource(playlist)
  hls.attachMedia(audio)
  return () => hls.destroy()
}
