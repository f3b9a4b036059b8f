import { gzipSync } from 'node:zlib'
import { isRelayAgent, sentBackBy, withSentBack } from '../../../shared/draw/redirect.ts'
import { multivariantAnswer, redirectAnswer } from '../../../shared/hls/answers.ts'
import { codecsOf } from '../../../shared/hls/kinds.ts'
import { bandwidthOf, printMultivariant } from '../../../shared/hls/multivariant.ts'
import { hlsPath, multivariantPath } from '../../../shared/hls/paths.ts'
import { pathwayOf } from '../../../shared/hls/pathway.ts'
import { sessionBytes, sessionIdOf } from '../../../shared/hls/session.ts'
import { passedOn, withQuery } from '../../../shared/hls/urls.ts'
import { type Gzip, takesGzip } from '../../../shared/http/takes-gzip.ts'
import type { Mount } from '../../../shared/mount.ts'
import type { Connection } from '../../http/connection.ts'
import { type ListenRefusal, noDirectListening } from '../../listen/placement.ts'
import { addressFor } from '../../report/reply.ts'
import type { kindOfMount } from '../formats.ts'
import { kindHere, notPackaged, playing, refusalAnswer, sendAnswer } from './answers.ts'
import type { HlsDeps } from './deps.ts'
import { holdNext } from './send.ts'

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
    sendAnswer(connection, mount, redirectAnswer(location), deps)
  } else sendAnswer(connection, mount, refusalAnswer(refused ?? notPackaged(mount, deps), deps), deps)
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
  if (typeof opened !== 'string') sendAnswer(connection, mount, opened(gzipOf(connection)), deps)
  else if (opened === 'not packaged' || kind === 'none')
    sendAnswer(connection, mount, refusalAnswer(notPackaged(mount, deps), deps), deps)
  else if (!refused) answerAlone(connection, mount, kind, deps)
  else {
    const why = opened === 'no room' ? decider.refusal(mount) : refused
    sendAnswer(connection, mount, refusalAnswer(why, deps), deps)
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
  sendAnswer(connection, mount, multivariantAnswer(text, gzipOf(connection)), deps)
}

/** What packs a playlist, if the player takes that. */
const gzipOf = ({ head }: Connection): Gzip | undefined =>
  takesGzip(head.headers.get('accept-encoding')) ? gzipSync : undefined
