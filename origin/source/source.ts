import { getLogger } from '@logtape/logtape'
import { parseBasic } from '../../shared/http/credentials.ts'
import { messageOf } from '../../shared/message-of.ts'
import type { Mount } from '../../shared/mount.ts'
import type { SourceVerdict } from '../auth/mount-auth.ts'
import type { Body } from '../http/body.ts'
import type { Connection } from '../http/connection.ts'
import { sentByPage } from '../http/meant.ts'
import { endSoon } from '../http/reply.ts'
import { Deinterleaver } from '../icy/deinterleaver.ts'
import { giveBack } from '../lib/bytes.ts'
import type { Feed } from '../mount/feed.ts'
import { sourceBody } from './body.ts'
import type { SourceDeps } from './deps.ts'
import { whyUnheard } from './doubts.ts'
import { refusalBy, refuse, type SourceRefusal } from './refuse.ts'
import type { Opened } from './shoutcast.ts'

const log = getLogger(['distributary', 'source'])

// encoders wait for these answers, byte for byte as Icecast 2.4 sends them; HTTP/1.0 whatever the request's version
const accepted = Buffer.from('HTTP/1.0 200 OK\r\n\r\n')
const continued = Buffer.from('HTTP/1.1 100 Continue\r\nContent-Length: 0\r\n\r\n')

/** Accepts a source: PUT, POST or SOURCE on a mount. The connection belongs to it from here on. */
export function takeSource(connection: Connection, mount: Mount, serving: SourceDeps): void {
  const { socket, head, address } = connection
  const login = parseBasic(head.headers.get('authorization'))
  const verdict = serving.auth.admitSource({ mount, login, address })
  if (!(verdict instanceof Promise)) {
    judgeSource(connection, mount, serving, verdict)
    return
  }
  socket.pause() // bytes that arrive while a backend is asked are already audio
  verdict
    .then((asked) => {
      if (socket.destroyed) return
      socket.resume() // first: one that is refused may be paused again until its answer
      judgeSource(connection, mount, serving, asked)
    })
    .catch((error: unknown) => {
      log.error('could not authenticate source', { mount, error })
      socket.destroy()
    })
}

function judgeSource(
  connection: Connection,
  mount: Mount,
  serving: SourceDeps,
  verdict: SourceVerdict,
): void {
  const { socket, head, address } = connection
  if (verdict.admitted) serving.wrongLogins.right(address, head.headers.get('authorization'))
  const refused = verdict.admitted
    ? beginSource(connection, mount, serving, { owner: verdict.owner, isShoutcast: false }, () => {
        const expects = /100-continue/i.test(head.headers.get('expect') ?? '')
        socket.write(expects ? Buffer.concat([continued, accepted]) : accepted)
      })
    : refusalBy(verdict)
  if (refused) refuse(connection, mount, serving, refused)
}

/** Accepts a Shoutcast source whose password has been verified; it does not wait for an answer. */
export function takeShoutcast(connection: Connection, { mount, owner }: Opened, serving: SourceDeps): void {
  const refused = beginSource(connection, mount, serving, { owner, isShoutcast: true }, () => {})
  if (!refused) return
  log.info('source rejected', { mount, address: connection.address, why: refused.text })
  connection.exchange.status = refused.status
  endSoon(connection.socket)
}

/**
 * Feeds a mount from this connection; `accept` answers the request before any audio is read. Returns a refusal if the
 * mount cannot be fed.
 */
function beginSource(
  connection: Connection,
  mount: Mount,
  serving: SourceDeps,
  holder: Holder,
  accept: () => void,
): SourceRefusal | undefined {
  const heard = { bytes: 0 }
  const feed = refusalOf(connection, mount, serving) ?? openFeed(connection, mount, serving, holder, heard)
  if ('status' in feed) return feed
  const { head, address, exchange } = connection
  log.info('source begins', { mount, address, agent: head.headers.get('user-agent') })
  const why = whyUnheard(mount, serving.config)
  if (why !== undefined) log.warn('source gets no redirected listeners', { mount, address, why })
  exchange.status = 200
  accept()
  pipeBody(connection, mount, feed, heard)
  return undefined
}

/** What has arrived of a source's body. */
interface Heard {
  bytes: number
}

/** nginx and similar proxies pass on no body that announces neither a length nor chunks */
const silentText =
  'source closed: no byte of its body arrived; a proxy may drop a body without Content-Length'

/** The owner of a mount's feed. */
interface Holder {
  /** identity that may take the mount over from this connection */
  owner: string
  isShoutcast: boolean
}

function refusalOf(
  { head }: Connection,
  mount: Mount,
  { config, state }: SourceDeps,
): SourceRefusal | undefined {
  if (contentTypeOf(head.method, head.headers) === undefined)
    return { status: 403, text: 'No Content-type given' }
  const site = sentByPage(head.headers)
  if (site !== undefined)
    return { status: 403, text: `cross-site request rejected: a page of ${site.slice(0, 200)} sent it` }
  const others = state.mounts.count - (state.mounts.get(mount) ? 1 : 0)
  if (others >= config.limits.sources) return { status: 403, text: 'too many sources connected' }
  return undefined
}

/** SOURCE without a type is MP3, as the first clients of this method sent it. */
const contentTypeOf = (method: string, headers: ReadonlyMap<string, string>) =>
  headers.get('content-type') || (method === 'SOURCE' ? 'audio/mpeg' : undefined)

function openFeed(
  { socket, head, address }: Connection,
  mount: Mount,
  { state }: SourceDeps,
  { owner, isShoutcast }: Holder,
  heard: Heard,
): Feed | SourceRefusal {
  const feed = state.mounts.open(mount, {
    kind: 'source',
    contentType: contentTypeOf(head.method, head.headers) ?? '',
    headers: head.headers,
    owner,
    isShoutcast,
    address,
    onClosed(why) {
      if (heard.bytes === 0) log.warn(silentText, { mount, address, why })
      else log.info('source closed', { mount, address, why })
      socket.destroy()
    },
  })
  return feed === 'in use' ? { status: 403, text: 'Mountpoint in use' } : feed
}

/** From here every byte of the connection is audio, or the framing around it. */
function pipeBody({ socket, head, rest, address }: Connection, mount: Mount, feed: Feed, heard: Heard): void {
  const body = sourceBody(head.headers, audioSink(head.headers, feed))
  const onData = (bytes: Uint8Array) => {
    heard.bytes += bytes.length
    if (!pushed(body, bytes, mount)) socket.destroy()
    else if (body.done) end()
    giveBack(bytes) // framers copy what they keep
  }
  const end = () => {
    socket.off('data', onData).off('end', end)
    feed.end()
    if (heard.bytes === 0) log.warn(silentText, { mount, address, why: 'it ended' })
    else log.info('source ended', { mount, address })
    endSoon(socket)
  }
  socket.on('data', onData)
  socket.once('end', end) // the encoder ended or its link was cut: the mount becomes free at once
  socket.once('close', () => feed.end())
  if (rest.length > 0) onData(rest)
}

function pushed(body: Body, bytes: Uint8Array, mount: Mount): boolean {
  try {
    body.push(bytes)
    return true
  } catch (error) {
    log.warn('source dropped', { mount, why: messageOf(error) })
    return false
  }
}

/** Where the audio goes: through a deinterleaver if the source includes its own metadata blocks. */
function audioSink(headers: ReadonlyMap<string, string>, feed: Feed): (bytes: Uint8Array) => void {
  const metaint = Number(headers.get('icy-metaint'))
  if (!Number.isInteger(metaint) || metaint < 1) return (bytes) => feed.push(bytes)
  const deinterleaver = new Deinterleaver(metaint, {
    audio: (bytes) => feed.push(bytes),
    metadata: ({ title, url }) => feed.setTitle(title, url),
  })
  return (bytes) => deinterleaver.push(bytes)
}
