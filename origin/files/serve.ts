import { createReadStream } from 'node:fs'
import type { Socket } from 'node:net'
import type { HeaderRule } from '../config/xml/headers.ts'
import type { Connection } from '../http/connection.ts'
import { endSoon, finish, printHead, printReply, textReply } from '../http/reply.ts'
import { SharedSlots } from '../lib/slots.ts'
import { runtimeTimers, type Timers } from '../lib/timers.ts'
import { limits } from '../limits.ts'
import { type Located, locateFile } from './locate.ts'
import { mediaTypeOf } from './media-type.ts'
import { parseRange, type Span } from './range.ts'

export interface FilesDeps {
  /** undefined: files are not served */
  webroot: () => string | undefined
  /** called for each file that is served */
  onServed: () => void
}

/** Answers GET and HEAD with files below the webroot; a file is read only as fast as it is sent. */
export class Files {
  #deps: FilesDeps
  #slots = new SharedSlots({
    all: limits.filesMax,
    address: limits.filesPerAddressMax,
    network: limits.filesPerNetworkMax,
  })

  constructor(deps: FilesDeps) {
    this.#deps = deps
  }

  /** The file of a URL's path; undefined if there is none. */
  async locate(path: string): Promise<Located | undefined> {
    const webroot = this.#deps.webroot()
    return webroot === undefined ? undefined : locateFile(webroot, path)
  }

  /** Answers with a file, or the requested part of it; resolves when it has been sent. */
  async answer(connection: Connection, file: Located, rules: readonly HeaderRule[]): Promise<void> {
    if (connection.socket.destroyed) return
    this.#deps.onServed()
    const { head, socket, address } = connection
    // we send no validators, so a range that depends on one is ignored (RFC 9110 §13.1.5)
    const range = head.headers.has('if-range') ? undefined : head.headers.get('range')
    const span = parseRange(range, file.size)
    const shown: Shown = { version: head.version, rules, file, span }
    if (span === 'unsatisfiable') {
      finish(connection, printUnsatisfiable(shown))
    } else if (head.method === 'HEAD' || file.size === 0) {
      finish(connection, printFileHead(shown))
    } else if (!this.#slots.take(address)) {
      finish(connection, textReply(head.version, 503, 'too many files are being sent', rules))
    } else {
      const { status, bytes } = printFileHead(shown)
      connection.exchange.status = status
      await send(socket, bytes, file.path, span).finally(() => this.#slots.release(address))
    }
  }
}

interface Shown {
  version: '1.0' | '1.1'
  rules: readonly HeaderRule[]
  file: Located
  span: Span | 'all' | 'unsatisfiable'
}

/** The head for a file or a part of it: with its length, and the connection closes after it. */
function printFileHead({ version, rules, file, span }: Shown): { status: number; bytes: Buffer } {
  const isPart = typeof span === 'object'
  const status = isPart ? 206 : 200
  const length = isPart ? span.end - span.start + 1 : file.size
  const headers: [string, string][] = [
    ['Content-Type', mediaTypeOf(file.path)],
    ['Accept-Ranges', 'bytes'],
    ['Access-Control-Allow-Origin', '*'],
    ['X-Content-Type-Options', 'nosniff'],
  ]
  if (isPart) headers.push(['Content-Range', `bytes ${span.start}-${span.end}/${file.size}`])
  const head = printHead({ version, status, headers, rules })
  return { status, bytes: Buffer.from(`${head}Content-Length: ${length}\r\n\r\n`, 'latin1') }
}

const printUnsatisfiable = ({ version, rules, file }: Shown) =>
  printReply({
    version,
    status: 416,
    rules,
    headers: [
      ['Content-Type', 'text/plain; charset=utf-8'],
      ['Content-Range', `bytes */${file.size}`],
    ],
    body: 'Request Range Not Satisfiable\r\n',
  })

/** The part of a socket that sending a file needs. */
export interface FileSocket {
  readonly destroyed: boolean
  write(bytes: Uint8Array, done: (error?: Error | null) => void): unknown
  once(event: 'close', listener: () => void): unknown
  destroy(): unknown
}

/**
 * Sends a head and the bytes of a file, read as fast as the client accepts them; false if not all could be sent. A client
 * that reads nothing for a while is closed, so that it does not keep the file open, whatever it sends meanwhile.
 */
export async function sendFile(
  socket: FileSocket,
  head: Uint8Array,
  { path, span }: { path: string; span: Span | 'all' },
  timers: Pick<Timers, 'after'>,
): Promise<boolean> {
  const gone = new Promise<false>((resolve) => socket.once('close', () => resolve(false)))
  const isTaken = (bytes: Uint8Array) => {
    const cancel = timers.after(limits.fileStallMs, () => socket.destroy())
    const written = new Promise<boolean>((resolve) => socket.write(bytes, (error) => resolve(!error)))
    return Promise.race([written, gone]).finally(cancel)
  }
  if (socket.destroyed || !(await isTaken(head))) return false
  for await (const bytes of createReadStream(path, span === 'all' ? {} : span))
    if (!(await isTaken(bytes))) return false
  return true
}

async function send(socket: Socket, head: Uint8Array, path: string, span: Span | 'all'): Promise<void> {
  try {
    if (await sendFile(socket, head, { path, span }, runtimeTimers)) endSoon(socket)
    else socket.destroy()
  } catch {
    socket.destroy() // the file is gone; the client knows its length, so it does not mistake a part for the whole
  }
}
