import { errorAnswer, type PiecedAnswer, segmentAnswer } from '../../../shared/hls/answers.ts'
import type { HlsObject } from '../../../shared/hls/paths.ts'
import { sessionOf } from '../../../shared/hls/session.ts'
import type { Mount } from '../../../shared/mount.ts'
import type { HeaderRule } from '../../config/xml/headers.ts'
import type { Connection } from '../../http/connection.ts'
import { beforeUnauthenticated, proven } from '../../http/logins.ts'
import type { ListenRefusal } from '../../listen/placement.ts'
import type { HlsSession } from '../sessions.ts'
import { admitSession, type Refusal } from './admit.ts'
import { answerHere, askingOf, isGuarded, playlistAnswerTo, sessionHere, sessionKey } from './answer-here.ts'
import { comeBack, notPackaged, refusalAnswer, sendAnswer } from './answers.ts'
import type { HlsDeps } from './deps.ts'
import { followRepeats } from './repeats.ts'
import { holdNext, sendPieced } from './send.ts'

/** Answers a GET or HEAD below `/hls/`: a media playlist, a segment, or an initialization segment. */
export function answerHls(connection: Connection, mount: Mount, object: HlsObject, deps: HlsDeps): void {
  holdNext(connection)
  const session = sessionHere(connection.head, mount, deps)
  const answer = session && answerHere(session, askingOf(connection.head), object, deps)
  if (answer) {
    followRepeats(connection, session, deps)
    sendAnswer(connection, mount, answer, deps)
    return
  }
  answerObject(connection, mount, object, deps).catch((error: unknown) => {
    deps.hls.failed(mount, error)
    sendAnswer(connection, mount, comeBack('the master cannot be asked for this at the moment', deps), deps)
  })
}

async function answerObject(
  connection: Connection,
  mount: Mount,
  object: HlsObject,
  deps: HlsDeps,
): Promise<void> {
  const { head, socket } = connection
  if (object.kind === 'steering') {
    const { decider } = deps.hls
    const asked = {
      mount,
      query: head.query,
      sender: { secure: connection.secure, address: connection.address },
    }
    const answer = decider?.steerHls(asked) ?? errorAnswer(404, 'this server does not steer; ask the edge')
    sendAnswer(connection, mount, answer, deps)
    return
  }
  const isRelay = proven(deps.config, head.headers.get('authorization')).relay
  const admitted = isRelay ? undefined : await sessionFor(connection, mount, deps)
  if (socket.destroyed) return
  if (admitted && 'refused' in admitted) {
    refuse(connection, mount, admitted.refused, deps)
    return
  }
  const session = admitted?.session
  const answer =
    object.kind === 'media'
      ? await playlistFor(connection, mount, session, deps)
      : await segmentFor(connection, mount, object, session, deps)
  sendAnswer(connection, mount, answer, deps)
}

async function playlistFor(
  connection: Connection,
  mount: Mount,
  session: HlsSession | undefined,
  deps: HlsDeps,
): Promise<PiecedAnswer> {
  const { head } = connection
  const playlist = await deps.hls.objectsOf(mount).playlist(mount)
  if (!playlist) return deps.hls.mayReturn(mount) ? comeBack(away, deps) : noPlaylist(mount, deps)
  const answer = playlistAnswerTo(askingOf(head), mount, playlist, deps)
  count(session, head.method === 'HEAD' ? 0 : answer.bytes, playlist.targetSeconds, false, deps)
  return answer
}

async function segmentFor(
  { head }: Connection,
  mount: Mount,
  object: HlsObject & { kind: 'segment' | 'init' },
  session: HlsSession | undefined,
  deps: HlsDeps,
): Promise<PiecedAnswer> {
  const source = deps.hls.objectsOf(mount)
  const segment =
    object.kind === 'init'
      ? await source.init(mount, object.number)
      : await source.segment(mount, object.number, object.extension)
  if (!segment) return errorAnswer(404, 'no such segment, or not any more')
  const answer = segmentAnswer(segment, head.headers.get('range'), isGuarded(mount, deps))
  const isHead = head.method === 'HEAD'
  // its master may have no playlist just now, and the segment is here
  const playlist = await source.playlist(mount).catch(() => undefined)
  const target = playlist?.targetSeconds ?? unknownTargetSeconds
  count(session, isHead ? 0 : answer.bytes, target, object.kind === 'segment' && !isHead, deps)
  return answer
}

/** s: what a playlist lists is unknown while a source or master is away */
const unknownTargetSeconds = 10

function count(
  session: HlsSession | undefined,
  bytes: number,
  targetSeconds: number,
  isSegment: boolean,
  { hls, state }: HlsDeps,
): void {
  if (session) hls.sessions.fetched(session, bytes, targetSeconds, isSegment)
  else state.load.addSent(bytes)
}

/** Answers a request below `/hls/` that names no object, as one with a number that is negative or too long. */
export function answerNoObject(
  connection: Connection,
  rules: readonly HeaderRule[],
  { hls }: Pick<HlsDeps, 'hls'>,
): void {
  holdNext(connection)
  const answer = errorAnswer(404, 'no such HLS object')
  connection.exchange.status = answer.status
  sendPieced(connection, answer, rules, hls.kept)
}

/** The session of a request: the one it belongs to, or a new one if it may listen and there is room. */
async function sessionFor(
  connection: Connection,
  mount: Mount,
  deps: HlsDeps,
): Promise<{ session: HlsSession } | { refused: Refusal }> {
  const { head, address } = connection
  const { sessions } = deps.hls
  const key = sessionKey(mount, sessionOf(head.query) ?? `${address} ${head.headers.get('user-agent') ?? ''}`)
  const known = sessions.get(key)
  if (known) return { session: known }
  if (sessions.isKilled(key)) return { refused: { status: 403, text: 'removed by the admin' } }
  const refused = await refusalOfNew(mount, deps)
  const accepted = sessions.get(key)
  if (accepted) return { session: accepted }
  if (refused) {
    if (refused.forRoom) deps.state.mounts.get(mount)?.countRefused()
    return { refused }
  }
  if (!sessions.hasRoomFor(address))
    return { refused: { status: 503, text: 'too many listeners of this address' } }
  return admitSession(connection, mount, key, deps)
}

/** Some players ask a server once, so one that a decider has drained asks first whether that has ended. */
async function refusalOfNew(mount: Mount, { placer, hls }: HlsDeps): Promise<ListenRefusal | undefined> {
  const refusal = () => placer.refuseHls(mount, hls.mayReturn(mount))
  const refused = refusal()
  const news = refused?.isClosed ? hls.askDrainers() : undefined
  if (!news) return refused
  await news
  return refusal()
}

function refuse(connection: Connection, mount: Mount, refused: Refusal, deps: HlsDeps): void {
  const answer = () => sendAnswer(connection, mount, refusalAnswer(refused, deps), deps)
  if (refused.status === 401) beforeUnauthenticated(connection, 'listener', deps.wrongLogins, answer)
  else answer()
}

/** Players ask again after an answer of 503, and give up at 404. */
const away = 'the source of this mount is away, and may come back'

const noPlaylist = (mount: Mount, deps: HlsDeps) => errorAnswer(404, notPackaged(mount, deps).text)
