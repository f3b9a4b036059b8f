import { connect, type Socket } from 'node:net'
import { eventually } from '../base/eventually.ts'

/** A connection that sends what a test says, byte by byte if need be. */
export interface RawConnection {
  readonly socket: Socket
  send(bytes: string | Uint8Array): void
  /** all that has come back, as latin1 */
  received(): string
  readonly isClosed: boolean
  /** Resolves with what came back once it matches; throws with all of it where it never does. */
  until(pattern: RegExp): Promise<string>
  /** Resolves with all that came back once the server has closed. */
  closed(): Promise<string>
}

/** Connects to a port of 127.0.0.1; errors close the connection, as a reset does. */
export function connectRaw(port: number): RawConnection {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true })
  let received = ''
  let isClosed = false
  socket.on('data', (bytes) => {
    received += bytes.toString('latin1')
  })
  socket.on('error', () => socket.destroy())
  socket.on('end', () => {
    isClosed = true
  })
  socket.on('close', () => {
    isClosed = true
  })
  return {
    socket,
    send: (bytes) => void socket.write(bytes),
    received: () => received,
    get isClosed() {
      return isClosed
    },
    async until(pattern) {
      await eventually(() => pattern.test(received)).catch(() => {
        throw new Error(`waited for ${pattern}, received ${JSON.stringify(received.slice(0, 2000))}`)
      })
      return received
    },
    async closed() {
      await eventually(() => isClosed).catch(() => {
        throw new Error(`the server did not close; received ${JSON.stringify(received.slice(0, 2000))}`)
      })
      return received
    },
  }
}

/** Sends these bytes and gives back all that is answered until the server closes. */
export async function exchange(port: number, bytes: string | Uint8Array): Promise<string> {
  const connection = connectRaw(port)
  connection.send(bytes)
  const answer = await connection.closed()
  connection.socket.destroy()
  return answer
}
