import { getLogger } from '@logtape/logtape'
import { isRelayAgent } from '../../shared/draw/redirect.ts'
import { isRangeProbe } from '../../shared/draw/sticky.ts'
import { parseBasic } from '../../shared/http/credentials.ts'
import type { Mount } from '../../shared/mount.ts'
import { mountSettings } from '../config/mount-settings.ts'
import type { Connection } from '../http/connection.ts'
import { mountRules } from '../http/header-rules.ts'
import { afterwards, beforeUnauthenticated, proven } from '../http/logins.ts'
import { finish, textReply } from '../http/reply.ts'
import { asksForMetadata } from '../icy/headers.ts'
import type { ActiveMount } from '../mount/mount.ts'
import { hasHop, hopOf, viaOf } from '../relay/pull/hops.ts'
import { Admission } from './admission.ts'
import { printProbe, printRefused, printStreamHead } from './answers.ts'
import type { ListenDeps } from './deps.ts'
import { fileOr } from './file-or.ts'
import { playingHere } from './named-mounts.ts'
import type { Placement } from './placement.ts'
import { RecordWire } from './record-wire.ts'

const log = getLogger(['distributary', 'listener'])

/** Answers a GET or HEAD of a mount with the stream, a redirect, or an error. */
export function answerListener(connection: Connection, mount: Mount, serving: ListenDeps): void {
  const { head, socket } = connection
  if (hasHop(head.headers.get('via'), hopOf(serving.state.viaName, mount))) {
    // 508 of RFC 5842: this server's own relay asks for the mount that it would feed
    finish(connection, textReply(head.version, 508, 'this mount would be relayed from itself'))
    return
  }
  const relayLogin = isRelay(connection, serving)
  if (relayLogin) serving.wrongLogins.right(connection.address, head.headers.get('authorization'))
  const { relayUser: user, relayPassword } = serving.config
  const isGuess =
    !relayLogin &&
    relayPassword !== undefined &&
    parseBasic(head.headers.get('authorization'))?.user === user &&
    !mountSettings(serving.config, mount).auth
  // an open mount is served whatever the credentials, so its answer would tell a guesser at once whether they are right
  if (isGuess) {
    const guess = { door: 'relay', address: connection.address, user, path: head.path }
    afterwards(socket, serving.wrongLogins.wrong(guess), () =>
      placeAndAnswer(connection, mount, serving, false),
    )
  } else placeAndAnswer(connection, mount, serving, relayLogin)
}

function placeAndAnswer(
  connection: Connection,
  mount: Mount,
  serving: ListenDeps,
  relayLogin: boolean,
): void {
  const { head, secure, socket } = connection
  const request = {
    mount,
    query: head.query,
    secure,
    userAgent: head.headers.get('user-agent'),
    address: connection.address,
    relayLogin,
    head: head.method === 'HEAD',
    range: head.headers.get('range'),
  }
  const admission = new Admission(connection, mount, serving)
  // a relay shows the server's own credentials, and a probe gets only two bytes
  const needsNone = relayLogin || isRangeProbe(request.range)
  const placed = serving.placer.place(request, needsNone ? undefined : admission.admit)
  if (!(placed instanceof Promise)) {
    answer(connection, mount, serving, placed, admission)
    return
  }
  placed
    .then((placement) => {
      if (!socket.destroyed) answer(connection, mount, serving, placement, admission)
    })
    .catch((error: unknown) => {
      log.error('could not place listener', { mount, error })
      socket.destroy()
    })
}

const isRelay = ({ head }: Connection, { config }: ListenDeps) =>
  proven(config, head.headers.get('authorization')).relay

const asksForIcy = ({ head }: Connection, mount: ActiveMount) =>
  mount.takesIcy && asksForMetadata(head.headers.get('icy-metadata'))

function answer(
  connection: Connection,
  name: Mount,
  serving: ListenDeps,
  placement: Placement,
  admission: Admission,
): void {
  const { head } = connection
  const { version } = head
  const headOnly = head.method === 'HEAD'
  const counts = !headOnly && !isRangeProbe(head.headers.get('range'))
  const rules = mountRules(serving.config, name)
  if (!placement.serve) {
    if (counts && placement.forRoom) countRefused(serving.state.mounts.get(name), serving)
    const refuse = (why = placement) => {
      const refused = () =>
        finish(connection, printRefused(version, withMounts(why, serving), headOnly, rules))
      if (why.status === 401 && !admission.isTaken)
        beforeUnauthenticated(connection, 'listener', serving.wrongLogins, refused)
      else refused()
    }
    // a file is for listeners that would be allowed on a mount of its name
    if (placement.absent)
      fileOr(connection, { files: serving.files, rules, admit: admission.admit, otherwise: refuse })
    else refuse()
    return
  }
  const { by: mount } = placement
  if (!mount || mount.isStopped) {
    const gone = { serve: false, status: 404, text: 'Mount unavailable', forRoom: false } as const
    finish(connection, printRefused(version, gone, headOnly, rules))
    return
  }
  if (isRangeProbe(head.headers.get('range'))) finish(connection, printProbe(version, mount, headOnly, rules))
  else if (headOnly) finish(connection, printStreamHead(version, mount, asksForIcy(connection, mount), rules))
  else stream(connection, name, mount, serving, admission)
}

/** Icecast's text of a 404, and in a second line the mounts that play here. */
function withMounts(why: Placement & { serve: false }, { config, state }: ListenDeps): typeof why {
  if (why.status !== 404 || !why.absent) return why
  const here = playingHere(config, state.mounts.list())
  return here === '' ? why : { ...why, text: `${why.text}\r\n${here}` }
}

function countRefused(mount: ActiveMount | undefined, { state }: ListenDeps): void {
  if (mount) mount.countRefused()
  else state.load.countRefused()
}

/** Streams the requested mount, or the one that plays instead, to the connection until it closes. */
function stream(
  connection: Connection,
  requested: Mount,
  mount: ActiveMount,
  serving: ListenDeps,
  { listener: admitted }: Admission,
): void {
  const { socket, head, address, exchange } = connection
  const relay = isRelay(connection, serving)
  const rules = mountRules(serving.config, requested)
  if (relay && !serving.relaySlots.take()) {
    const full = { serve: false, status: 503, text: 'too many relays connected', forRoom: false } as const
    finish(connection, printRefused(head.version, full, false, rules))
    return
  }
  const icy = asksForIcy(connection, mount)
  const info = {
    address,
    userAgent: head.headers.get('user-agent'),
    connectedAtMs: serving.nowMs(),
    isRelay: relay,
    requested,
    ...admitted,
    deadlineMs: admitted.deadlineMs ?? (relay ? undefined : deadlineOf(requested, serving)),
  }
  const passesOn = relay || isRelayAgent(info.userAgent)
  const via = passesOn ? viaOf(mount.name, mount.info, serving.state.viaName) : undefined
  const { status, bytes } = printStreamHead(head.version, mount, icy, rules, via)
  exchange.status = status
  exchange.user = admitted.user
  const wire = connection.via.secure ? new RecordWire(socket) : socket
  const listener = mount.join(wire, bytes, info, icy)
  // a FIN does not end a listener: some close their side after the request; if the client is gone, the next write fails
  socket.resume()
  socket.once('close', () => {
    listener.leave()
    if (relay) serving.relaySlots.release()
  })
}

/**
 * When a listener must be disconnected by its mount's settings; it stays valid when the listener moves to another
 * mount.
 */
function deadlineOf(mount: Mount, { config, nowMs }: ListenDeps): number | undefined {
  const { maxListenerDurationS } = mountSettings(config, mount)
  return maxListenerDurationS === 0 ? undefined : nowMs() + maxListenerDurationS * 1000
}
