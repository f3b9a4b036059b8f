import type { Socket } from 'node:net'
import { getLogger } from '@logtape/logtape'
import { type Mount, parseMount, printMount } from '../../shared/mount.ts'
import type { OriginConfig } from '../config/config.ts'
import type { SocketSettings } from '../config/socket-settings.ts'
import type { Serving } from '../http/connection.ts'
import type { Head } from '../http/head.ts'
import { isSourcePassword } from '../http/logins.ts'
import { endSoon } from '../http/reply.ts'
import { ShoutcastReader } from './shoutcast-reader.ts'

const log = getLogger(['distributary', 'source'])

// what encoders wait for after their password, byte for byte as Icecast 2.4 and icecast-kh send it
const accepted = Buffer.from('OK2\r\nicy-caps:11\r\n\r\n')
/** Shoutcast's own word for it; libshout and DSP plug-ins take a close alone as well */
const refused = Buffer.from('invalid password\r\n')

/** A connection to a Shoutcast port. */
interface Incoming {
  socket: Socket
  address: string
  via: SocketSettings
}

/** What becomes of it; one of them is called, once, unless the connection ends before. */
interface Outcomes {
  /** a source, its password proven: the request that it stands for */
  onSource: (mount: Mount, head: Head, rest: Uint8Array) => void
  /** no Shoutcast source but a request; all its bytes */
  onHttp: (bytes: Uint8Array) => void
  /** it was refused, and is being closed */
  onRefused: () => void
}

/** Talks to a source on a Shoutcast port until its headers are whole. Returns the way to stop listening to it. */
export function greetShoutcast(
  { socket, address, via }: Incoming,
  { config }: Pick<Serving, 'config'>,
  { onSource, onHttp, onRefused }: Outcomes,
): () => void {
  const reader = new ShoutcastReader()
  let mount: Mount | undefined
  const stop = () => void socket.off('data', onData)
  const refuse = (why: string, words?: Uint8Array) => {
    stop()
    log.info('source refused', { mount: mount ?? via.shoutcastMount, address, why })
    endSoon(socket, words)
    onRefused()
  }
  const onData = (bytes: Uint8Array) => {
    reader.push(bytes)
    for (let read = reader.next(); read; read = reader.next()) {
      if (read.is === 'password') {
        mount = mountOf(read.line, via, config)
        if (mount === undefined) return refuse('wrong password', refused)
        socket.write(accepted)
        continue
      }
      if (read.is === 'bad') return refuse(read.why)
      stop()
      if (read.is === 'http') return onHttp(read.bytes)
      if (mount !== undefined) onSource(mount, headOf(mount, read.headers), read.rest)
      return
    }
  }
  socket.on('data', onData)
  return stop
}

/** The mount that a password line opens: the port's own, or that of `/mount:password` (icecast-kh); undefined: none. */
function mountOf(line: string, { shoutcastMount }: SocketSettings, config: OriginConfig): Mount | undefined {
  if (shoutcastMount !== undefined && isSourcePassword(config, shoutcastMount, line)) return shoutcastMount
  const [, path = '', password = ''] = /^(\/[^:]*):(.*)$/.exec(line) ?? []
  const named = parseMount(path)
  return named !== undefined && isSourcePassword(config, named, password) ? named : undefined
}

/** As the request of a source would have it; its method is what Icecast logs of Shoutcast sources. */
const headOf = (mount: Mount, headers: ReadonlyMap<string, string>): Head => ({
  method: 'SOURCE',
  path: printMount(mount),
  query: '',
  version: '1.0',
  headers,
})
