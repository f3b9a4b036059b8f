import { type PiecedAnswer, preparedAnswer, segmentAnswer } from '../../../shared/hls/answers.ts'
import type { HlsObject } from '../../../shared/hls/paths.ts'
import type { ServedPlaylist } from '../../../shared/hls/served.ts'
import { type SessionId, sessionOf } from '../../../shared/hls/session.ts'
import { takesGzip } from '../../../shared/http/takes-gzip.ts'
import type { Mount } from '../../../shared/mount.ts'
import { mountSettings } from '../../config/mount-settings.ts'
import type { Head } from '../../http/head.ts'
import type { HlsSession } from '../sessions.ts'
import type { HlsDeps } from './deps.ts'
import { templateOf } from './playlist-template.ts'

/** What it takes to answer from memory. */
export interface HereDeps {
  config: { mounts: Pick<HlsDeps['config']['mounts'], 'of'> }
  hls: Pick<HlsDeps['hls'], 'objectsOf' | 'sessions'>
}

/** What an answer depends on in addition to the object: the same for all requests of a player. */
export interface Asking {
  /** its `s=` */
  id: SessionId | undefined
  /** it takes gzip */
  packs: boolean
  /** its `Range` header */
  range: string | undefined
}

export const askingOf = ({ query, headers }: Pick<Head, 'query' | 'headers'>): Asking => ({
  id: sessionOf(query),
  packs: takesGzip(headers.get('accept-encoding')),
  range: headers.get('range'),
})

/** The session that a request names, if it is known, and nothing else in the request has to be looked at. */
export function sessionHere(head: Head, mount: Mount, { hls }: HereDeps): HlsSession | undefined {
  const id = sessionOf(head.query)
  if (id === undefined || head.method !== 'GET' || head.headers.has('authorization')) return undefined
  return hls.sessions.get(sessionKey(mount, id))
}

/**
 * The answer to a session that is known, if its object is here: nearly all requests are such, so nobody waits for a promise. Undefined for
 * all others.
 */
export function answerHere(
  session: HlsSession,
  asking: Asking,
  object: HlsObject,
  deps: HereDeps,
): PiecedAnswer | undefined {
  const { sessions, objectsOf } = deps.hls
  const { mount } = session
  const source = objectsOf(mount)
  const playlist = source.playlistHere?.(mount)
  if (!playlist) return undefined
  if (object.kind === 'media') {
    const answer = playlistAnswerTo(asking, mount, playlist, deps)
    sessions.fetched(session, answer.bytes, playlist.targetSeconds, false)
    return answer
  }
  if (object.kind !== 'segment') return undefined
  const segment = source.segmentHere?.(mount, object.number, object.extension)
  if (!segment) return undefined
  const answer = segmentAnswer(segment, asking.range, isGuarded(mount, deps))
  sessions.fetched(session, answer.bytes, playlist.targetSeconds, true)
  return answer
}

/** A playlist as a session gets it. */
export function playlistAnswerTo(
  { id, packs }: Asking,
  mount: Mount,
  playlist: ServedPlaylist,
  deps: Pick<HereDeps, 'config'>,
): PiecedAnswer {
  const { targetSeconds } = playlist
  const isPrivate = playlist.isPrivate === true || isGuarded(mount, deps)
  const template = templateOf(playlist)
  const packed = packs ? template?.packed(id) : undefined
  const text =
    packed ?? template?.plain(id) ?? Buffer.from(playlist.textFor(id === undefined ? '' : `?s=${id}`))
  return preparedAnswer({ targetSeconds, isPrivate, text, isPacked: packed !== undefined })
}

/** The name of a session here. @param told its `s=`, or what else tells a player from others */
export const sessionKey = (mount: Mount, told: string): string => `${mount} ${told}`

/** Whether a mount asks who may listen: then no cache on the way may give its audio to others. */
export const isGuarded = (mount: Mount, { config }: Pick<HereDeps, 'config'>): boolean =>
  mountSettings(config, mount).auth !== undefined
