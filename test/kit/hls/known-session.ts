import { HlsSessions } from '../../../origin/hls/sessions.ts'
import { Load } from '../../../origin/load.ts'
import { PrintedPlaylist } from '../../../shared/hls/media-playlist.ts'
import type { HlsObjects } from '../../../shared/hls/served.ts'
import { ManualTime } from '../base/manual-time.ts'
import { settingsOf } from '../parts/mount-settings.ts'
import { mountOf } from '../parts/reports.ts'

export const knownMount = mountOf('/live.mp3')
/** the `s=` of the session */
export const knownId = 'AbCdEfGhIjKlMnOp'

const playlist = new PrintedPlaylist({
  targetSeconds: 4,
  behindSeconds: undefined,
  sequence: 17,
  discontinuitySequence: 0,
  segments: [{ uri: '17.mp3', seconds: 4, startMs: 0, discontinuity: false, init: undefined }],
  titles: [],
  ended: false,
})

/** The listen socket by which its listeners come. */
export const knownVia = {
  port: 80,
  bind: undefined,
  secure: false,
  protocol: 'http',
  shoutcastMount: undefined,
} as const

/**
 * A server of HLS in memory with one session, a playlist, and segments; it counts who had to wait for an object that is not here.
 * @param segments bytes by number
 */
export function serverOfSession(segments: Readonly<Record<number, Uint8Array>>) {
  const time = new ManualTime()
  const load = new Load(time.nowMs)
  const deps = {
    load,
    nowMs: time.nowMs,
    timers: time,
    nextId: () => 1,
    maxListeners: () => 9,
    onEnd: () => {},
  }
  const sessions = new HlsSessions(deps)
  const who = { address: '192.0.2.1', userAgent: 'player', referer: undefined, user: undefined, path: '/' }
  const accepted = { ...who, mount: knownMount, version: '1.1', deadlineMs: undefined, leave() {} } as const
  const accept = () => sessions.accept(`${knownMount} ${knownId}`, accepted, 4)
  accept()
  let waits = 0
  const wait = () => {
    waits++
    return Promise.resolve(undefined)
  }
  const served = new Map(
    Object.entries(segments).map(([number, bytes]) => [
      Number(number),
      { type: 'audio/mpeg', pieces: [bytes], bytes: bytes.length },
    ]),
  )
  const objects: HlsObjects = {
    playlist: wait,
    segment: wait,
    init: wait,
    playlistHere: () => playlist,
    segmentHere: (_, number) => served.get(number),
  }
  const needs = { config: { mounts: settingsOf({}) }, hls: { objectsOf: () => objects, sessions } }
  return { needs, sessions, load, accept, objects, served, waits: () => waits }
}
