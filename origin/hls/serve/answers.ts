import { retryAfterSeconds } from '../../../shared/draw/redirect.ts'
import { errorAnswer, type PiecedAnswer, redirectAnswer } from '../../../shared/hls/answers.ts'
import type { Mount } from '../../../shared/mount.ts'
import { mountSettings } from '../../config/mount-settings.ts'
import type { Connection } from '../../http/connection.ts'
import { mountRules } from '../../http/header-rules.ts'
import { realmHeader, unauthenticatedText } from '../../http/logins.ts'
import type { ListenRefusal } from '../../listen/placement.ts'
import { isHlsOff } from '../../mount/hls-off.ts'
import { kindOfMount, whyNotPackaged } from '../formats.ts'
import type { Refusal } from './admit.ts'
import type { HlsDeps } from './deps.ts'
import { sendPieced } from './send.ts'

// What playlists and segments need in common: how a mount is packaged, answers without an object, and sending.

/** What a player hears by the name of a mount: its own source, or a fallback while that is away. */
export const playing = (mount: Mount, { state, hls }: HlsDeps) =>
  state.mounts.get(mount) ?? hls.standIn(mount)

/** How a mount is packaged; `none` also if the operator, or that of its master, has switched HLS off for it. */
export const kindHere = (mount: Mount, deps: HlsDeps) => {
  const live = playing(mount, deps)
  return isHlsOff(mountSettings(deps.config, mount), live) ? 'none' : kindOfMount(live)
}

/** Why a mount has no playlist: 404. */
export function notPackaged(mount: Mount, deps: HlsDeps) {
  const live = playing(mount, deps)
  const isOther = live !== undefined && kindOfMount(live) === 'none'
  const text = isOther ? whyNotPackaged(live) : 'this mount is not packaged, or has ended'
  return { status: 404, text } as const
}

/** A server that is full or draining answers 503, so that a player goes on to another pathway, and comes back later. */
export function refusalAnswer(refused: Refusal | ListenRefusal, { hls }: HlsDeps): PiecedAnswer {
  if (refused.status === 302) return redirectAnswer(refused.location)
  if (refused.status === 401) return errorAnswer(401, unauthenticatedText, [realmHeader])
  const isFull =
    refused.status === 403 && 'forRoom' in refused && (refused.forRoom || refused.isClosed === true)
  if (isFull || refused.status === 503) return comeBack(refused.text, { hls })
  return errorAnswer(refused.status, refused.text)
}

/** 503: the player comes back a little later. */
export const comeBack = (text: string, { hls }: Pick<HlsDeps, 'hls'>) =>
  errorAnswer(503, text, [['Retry-After', String(retryAfterSeconds(hls.roll()))]])

/** A session has one line in the access log, at its end; so has each request that is refused. */
export function sendAnswer(connection: Connection, mount: Mount, answer: PiecedAnswer, deps: HlsDeps): void {
  if (answer.status >= 300) connection.exchange.status = answer.status
  sendPieced(connection, answer, mountRules(deps.config, mount), deps.hls.kept)
}
