import type { Socket } from 'node:net'
import { getLogger } from '@logtape/logtape'
import { type Mount, printMount } from '../../shared/mount.ts'
import { mountSettings } from '../config/mount-settings.ts'
import { encodePath } from '../config/values.ts'
import type { SocketSettings } from '../config/xml/socket-settings.ts'
import type { Head } from '../http/head.ts'
import { endSoon } from '../http/reply.ts'
import { parseOriginMount } from '../lib/root-mount.ts'
import type { SourceDeps } from './deps.ts'
import { ShoutcastReader } from './shoutcast-reader.ts'

const log = getLogger(['distributary', 'source'])

// encoders wait for this after their password, byte for byte as Icecast 2.4 and icecast-kh send it
const accepted = Buffer.from('OK2\r\nicy-caps:11\r\n\r\n')
/** Shoutcast's own answer; libshout and DSP plug-ins also accept a closed connection */
const refused = Buffer.from('invalid password\r\n')

/** A connection to a Shoutcast port. */
interface Incoming {
  socket: Socket
  address: string
  via: SocketSettings
}

/** A mount that a password opens; `owner` may take it over from its current feed. */
export interface Opened {
  mount: Mount
  owner: string
}

/** What becomes of a connection; one of these is called once, unless the connection ends first. */
interface Outcomes {
  /** a source with a valid password, and the equivalent HTTP request */
  onSource: (opened: Opened, head: Head, rest: Uint8Array) => void
  /** not a Shoutcast source but an HTTP request; all its bytes */
  onHttp: (bytes: Uint8Array) => void
  /** it was refused, and is being closed */
  onRefused: () => void
}

/**
 * Talks to a source on a Shoutcast port until its headers are complete.
 * @param first bytes that were read already
 */
export function greetShoutcast(
  incoming: Incoming,
  serving: SourceDeps,
  { onSource, onHttp, onRefused }: Outcomes,
  first?: Uint8Array,
): void {
  const { socket, address, via } = incoming
  const { wrongLogins } = serving
  const reader = new ShoutcastReader()
  let opened: Opened | undefined
  const stop = () => void socket.off('data', onData)
  const refuse = (why: string, words?: Uint8Array) => {
    stop()
    log.info('source rejected', { mount: opened?.mount ?? via.shoutcastMount, address, why })
    endSoon(socket, words)
    onRefused()
  }
  const judge = async (line: string) => {
    socket.pause() // a backend may be asked, and nothing else limits the bytes that arrive meanwhile
    const turn = wrongLogins.turn(address, line)
    if (turn !== 'busy') {
      await turn
      opened = await openedBy(line, incoming, serving)
    }
    socket.resume()
    if (socket.destroyed) return
    if (!opened) {
      stop()
      const path = via.shoutcastMount ?? '/'
      // libshout sends this to find out what kind of port this is
      if (!line.startsWith('!POKE'))
        await wrongLogins.wrong({ door: 'shoutcast', address, user: undefined, path })
      endSoon(socket, refused)
      return onRefused()
    }
    wrongLogins.right(address, line)
    socket.write(accepted)
    advance()
  }
  const advance = () => {
    const read = reader.next()
    if (read?.is === 'bad') refuse(read.why)
    else if (read?.is === 'password')
      judge(read.line).catch((error: unknown) => {
        log.error('could not authenticate source', { mount: via.shoutcastMount, error })
        socket.destroy()
      })
    else if (read?.is === 'http') {
      stop()
      onHttp(read.bytes)
    } else if (read && opened) {
      stop()
      onSource(opened, headOf(opened.mount, read.headers), read.rest)
    }
  }
  const onData = (bytes: Uint8Array) => {
    reader.push(bytes)
    if (!socket.isPaused()) advance()
  }
  socket.on('data', onData)
  if (first) onData(first)
}

/** The mount that a password line opens: the port's own, or that in `/mount:password` (icecast-kh). */
async function openedBy(
  line: string,
  { via, address }: Incoming,
  serving: SourceDeps,
): Promise<Opened | undefined> {
  const [, path = '', password = ''] = /^(\/[^:]*):(.*)$/.exec(line) ?? []
  const tries = [
    { mount: via.shoutcastMount, password: line },
    { mount: parseOriginMount(encodePath(path)), password },
  ]
  for (const { mount, password: secret } of tries) {
    if (mount === undefined) continue
    const login = { user: mountSettings(serving.config, mount).sourceUser, password: secret }
    const verdict = await serving.auth.admitSource({ mount, login, address })
    if (verdict.admitted) return { mount, owner: verdict.owner }
  }
  return undefined
}

/** The equivalent head of an HTTP source; its method is what Icecast logs for Shoutcast sources. */
const headOf = (mount: Mount, headers: ReadonlyMap<string, string>): Head => ({
  method: 'SOURCE',
  path: printMount(mount),
  query: '',
  version: '1.0',
  headers,
})
