import type { Socket } from 'node:net'
import { Gathered } from '../../shared/http/gathered.ts'
import { runtimeTimers } from '../lib/timers.ts'
import { ChunkedDecoder } from './chunked.ts'

/** Decodes a request body as it arrives. */
export interface Body {
  /** @throws ChunkError if its framing is invalid */
  push(bytes: Uint8Array): void
  /** true once fully read; always false for unframed bodies */
  readonly done: boolean
}

type Headers = ReadonlyMap<string, string>

/** The body that the headers announce: chunked, or with a length; undefined if they announce none. */
export function announcedBody(headers: Headers, onData: (bytes: Uint8Array) => void): Body | undefined {
  if (isChunked(headers)) return new ChunkedDecoder(onData)
  const length = announcedLength(headers)
  return length > 0 ? new SizedBody(length, onData) : undefined
}

/** For a head that was accepted: it has at most one length, and no coding except chunked. */
const isChunked = (headers: Headers) => /^\s*chunked\s*$/i.test(headers.get('transfer-encoding') ?? '')
const announcedLength = (headers: Headers) => Number.parseInt(headers.get('content-length') || '0', 10)

/** A body of a known length; what follows it is ignored. */
class SizedBody implements Body {
  #left: number
  #onData: (bytes: Uint8Array) => void

  constructor(length: number, onData: (bytes: Uint8Array) => void) {
    this.#left = length
    this.#onData = onData
  }

  get done(): boolean {
    return this.#left === 0
  }

  push(bytes: Uint8Array): void {
    const own = bytes.subarray(0, this.#left)
    this.#left -= own.length
    if (own.length > 0) this.#onData(own)
  }
}

const noBody = new Uint8Array(0)

/** A request whose head has been read, and the bytes that came with it. */
interface Incoming {
  socket: Socket
  head: { headers: Headers }
  rest: Uint8Array
}

/**
 * Reads a whole body. Of a body longer than `bytesMax` it returns one byte more than that, or nothing if the announced
 * length is too long: the caller sees that it is too long, and does not wait for the rest.
 * @returns `gone` if the connection ended first, or was closed because the body took longer than `withinMs`
 * @throws ChunkError if its framing is invalid
 */
export async function readBody(
  { socket, head: { headers }, rest }: Incoming,
  { bytesMax, withinMs }: { bytesMax: number; withinMs: number },
): Promise<Uint8Array<ArrayBuffer> | 'gone'> {
  const announced = announcedLength(headers)
  if (announced > bytesMax) return noBody
  const kept = new Gathered(bytesMax + 1, announced)
  const body = announcedBody(headers, (part) => kept.add(part))
  if (!body) return noBody
  if (/100-continue/i.test(headers.get('expect') ?? '')) socket.write('HTTP/1.1 100 Continue\r\n\r\n')
  body.push(rest)
  const isEnough = () => body.done || kept.isFull
  if (!isEnough() && (await receive(socket, body, isEnough, withinMs)) === 'gone') return 'gone'
  return kept.bytes
}

/** Reads a body from its connection until `isEnough`. */
function receive(
  socket: Socket,
  body: Body,
  isEnough: () => boolean,
  withinMs: number,
): Promise<'gone' | 'enough'> {
  return new Promise((resolve, reject) => {
    const settle = (end: () => void) => {
      cancel()
      socket.off('data', onData).off('close', onGone).off('end', onGone)
      end()
    }
    const onGone = () => settle(() => resolve('gone'))
    const onData = (bytes: Uint8Array) => {
      try {
        body.push(bytes)
      } catch (error) {
        settle(() => reject(error))
        return
      }
      if (isEnough()) settle(() => resolve('enough'))
    }
    const cancel = runtimeTimers.after(withinMs, () => {
      onGone()
      socket.destroy()
    })
    socket.on('data', onData).once('close', onGone).once('end', onGone)
  })
}
