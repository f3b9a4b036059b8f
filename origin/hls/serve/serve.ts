import { gzipSync } from 'node:zlib'
import { isRelayAgent, retryAfterSeconds, sentBackBy, withSentBack } from '../../../shared/draw/redirect.ts'
import {
  errorAnswer,
  multivariantAnswer,
  type PiecedAnswer,
  redirectAnswer,
  segmentAnswer,
  takesGzip,
} from '../../../shared/hls/answers.ts'
import { codecsOf } from '../../../shared/hls/kinds.ts'
import { bandwidthOf, printMultivariant } from '../../../shared/hls/multivariant.ts'
import { type HlsObject, hlsPath, multivariantPath } from '../../../shared/hls/paths.ts'
import { pathwayOf } from '../../../shared/hls/pathway.ts'
import { sessionBytes, sessionIdOf, sessionOf } from '../../../shared/hls/session.ts'
import { passedOn, withQuery } from '../../../shared/hls/urls.ts'
import type { Gzip } from '../../../shared/http/takes-gzip.ts'
import type { Mount } from '../../../shared/mount.ts'
import { mountSettings } from '../../config/mount-settings.ts'
import type { HeaderRule } from '../../config/xml/headers.ts'
import type { Connection } from '../../http/connection.ts'
import { mountRules } from '../../http/header-rules.ts'
import { beforeUnauthenticated, proven, realmHeader, unauthenticatedText } from '../../http/logins.ts'
import { type ListenRefusal, noDirectListening } from '../../listen/placement.ts'
import { isHlsOff } from '../../mount/hls-off.ts'
import { addressFor } from '../../report/reply.ts'
import { kindOfMount, whyNotPackaged } from '../formats.ts'
import type { HlsSession } from '../sessions.ts'
import { admitSession, type Refusal } from './admit.ts'
import { answerHere, askingOf, isGuarded, playlistAnswerTo, sessionHere, sessionKey } from './answer-here.ts'
import type { HlsDeps } from './deps.ts'
import { followRepeats } from './repeats.ts'
import { holdNext, sendPieced } from './send.ts'

/**
 * Answers a GET or HEAD of `/live.mp3.m3u8`: a master that decides itself names its slaves and itself; any other server names itself,
 * or sends the listener back to the edge if it cannot serve.
 */
export function answerMultivariant(connection: Connection, mount: Mount, deps: HlsDeps): void {
  holdNext(connection)
  const { head, secure } = connection
  const { decider, edgeUrls } = deps.hls
  const refused = deps.placer.refuseHls(mount)
  // relays are served here, and so are listeners whom another decider has sent
  const isOthers = isRelayAgent(head.headers.get('user-agent')) || sentBackBy(head.query) === '-'
  if (decider && !isOthers && refused !== noDirectListening) {
    answerDecided(connection, mount, refused, decider, deps)
    return
  }
  const kind = kindHere(mount, deps)
  const edgeUrl = addressFor(edgeUrls(), secure)
  if (!refused && kind !== 'none') answerAlone(connection, mount, kind, deps)
  else if (edgeUrl !== undefined && sentBackBy(head.query) === undefined && kind !== 'none') {
    const location = edgeUrl + multivariantPath(mount) + withSentBack(head.query, deps.config.id)
    send(connection, mount, redirectAnswer(location), deps)
  } else send(connection, mount, refusalAnswer(refused ?? notPackaged(mount, deps), deps), deps)
}

/** The servers of a new session, drawn as an edge draws them. @param refused why it cannot be served here */
function answerDecided(
  connection: Connection,
  mount: Mount,
  refused: ListenRefusal | undefined,
  decider: NonNullable<HlsDeps['hls']['decider']>,
  deps: HlsDeps,
): void {
  const { head, secure, address } = connection
  const asked = { mount, query: head.query, sender: { secure, address } }
  const opened = decider.openHls(asked, {
    head: head.method === 'HEAD',
    userAgent: head.headers.get('user-agent'),
    range: head.headers.get('range'),
  })
  const kind = kindHere(mount, deps)
  if (typeof opened !== 'string') send(connection, mount, opened(gzipOf(connection)), deps)
  else if (opened === 'not packaged' || kind === 'none')
    send(connection, mount, refusalAnswer(notPackaged(mount, deps), deps), deps)
  else if (!refused) answerAlone(connection, mount, kind, deps)
  else {
    const why = opened === 'no room' ? decider.refusal(mount) : refused
    send(connection, mount, refusalAnswer(why, deps), deps)
  }
}

/** A playlist of this server alone; an edge that it knows steers the session. */
function answerAlone(
  connection: Connection,
  mount: Mount,
  kind: Exclude<ReturnType<typeof kindOfMount>, 'none'>,
  deps: HlsDeps,
): void {
  const { head, secure } = connection
  const session = sessionIdOf(deps.hls.random(new Uint8Array(sessionBytes)))
  const passed = { ...passedOn(head.query), s: session }
  const live = playing(mount, deps)
  const pathway = pathwayOf(deps.config.id)
  const edgeUrl = addressFor(deps.hls.edgeUrls(), secure)
  const steering = withQuery(hlsPath(mount, { kind: 'steering' }), { ...passed, p: pathway })
  const text = printMultivariant({
    variants: [{ pathway, url: withQuery(hlsPath(mount, { kind: 'media' }), passed) }],
    bandwidth: bandwidthOf(live?.kbps ?? 0),
    codecs: kind && codecsOf(kind, live?.sound),
    steeringUrl: edgeUrl && edgeUrl + steering,
  })
  send(connection, mount, multivariantAnswer(text, gzipOf(connection)), deps)
}

/** What packs a playlist, if the player takes that. */
const gzipOf = ({ head }: Connection): Gzip | undefined =>
  takesGzip(head.headers.get('accept-encoding')) ? gzipSync : undefined

/** Answers a GET or HEAD below `/hls/`: a media playlist, a segment, or an initialization segment. */
export function answerHls(connection: Connection, mount: Mount, object: HlsObject, deps: HlsDeps): void {
  holdNext(connection)
  const session = sessionHere(connection.head, mount, deps)
  const answer = session && answerHere(session, askingOf(connection.head), object, deps)
  if (answer) {
    followRepeats(connection, session, deps)
    send(connection, mount, answer, deps)
    return
  }
  answerObject(connection, mount, object, deps).catch((error: unknown) => {
    deps.hls.failed(mount, error)
    send(connection, mount, comeBack('the master cannot be asked for this at the moment', deps), deps)
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
    send(connection, mount, answer, deps)
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
  send(connection, mount, answer, deps)
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
  const answer = () => send(connection, mount, refusalAnswer(refused, deps), deps)
  if (refused.status === 401) beforeUnauthenticated(connection, 'listener', deps.wrongLogins, answer)
  else answer()
}

/** What a player hears by the name of a mount: its own source, or a fallback while that is away. */
const playing = (mount: Mount, { state, hls }: HlsDeps) => state.mounts.get(mount) ?? hls.standIn(mount)

/** Players ask again after an answer of 503, and give up at 404. */
const away = 'the source of this mount is away, and may come back'

/** How a mount is packaged; `none` also if the operator, or that of its master, has switched HLS off for it. */
const kindHere = (mount: Mount, deps: HlsDeps) => {
  const live = playing(mount, deps)
  return isHlsOff(mountSettings(deps.config, mount), live) ? 'none' : kindOfMount(live)
}

const noPlaylist = (mount: Mount, deps: HlsDeps) => errorAnswer(404, notPackaged(mount, deps).text)

function notPackaged(mount: Mount, deps: HlsDeps) {
  const live = playing(mount, deps)
  const isOther = live !== undefined && kindOfMount(live) === 'none'
  const text = isOther ? whyNotPackaged(live) : 'this mount is not packaged, or has ended'
  return { status: 404, text } as const
}

/** A server that is full or draining answers 503, so that a player goes on to another pathway, and comes back later. */
function refusalAnswer(refused: Refusal | ListenRefusal, { hls }: HlsDeps): PiecedAnswer {
  if (refused.status === 302) return redirectAnswer(refused.location)
  if (refused.status === 401) return errorAnswer(401, unauthenticatedText, [realmHeader])
  const isFull =
    refused.status === 403 && 'forRoom' in refused && (refused.forRoom || refused.isClosed === true)
  if (isFull || refused.status === 503) return comeBack(refused.text, { hls })
  return errorAnswer(refused.status, refused.text)
}

const comeBack = (text: string, { hls }: Pick<HlsDeps, 'hls'>) =>
  errorAnswer(503, text, [['Retry-After', String(retryAfterSeconds(hls.roll()))]])

/** A session has one line in the access log, at its end; so has each request that is refused. */
function send(connection: Connection, mount: Mount, answer: PiecedAnswer, deps: HlsDeps): void {
  if (answer.status >= 300) connection.exchange.status = answer.status
  sendPieced(connection, answer, mountRules(deps.config, mount), deps.hls.kept)
}
