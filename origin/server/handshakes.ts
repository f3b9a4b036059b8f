import type { Socket } from 'node:net'
import { limits } from '../limits.ts'
import { Waiting, type WaitingPlace } from './waiting.ts'

type Ends = Pick<Socket, 'remoteAddress' | 'remotePort' | 'localAddress' | 'localPort'>

/** The part of a connection that a TLS handshake in progress needs. */
export type ShakingSocket = Ends & {
  readonly destroyed: boolean
  destroy(): unknown
  once(event: 'close', listener: () => void): unknown
  off(event: 'close', listener: () => void): unknown
}

interface Shaking {
  socket: ShakingSocket
  place: WaitingPlace<ShakingSocket>
  onGone: () => void
}

/**
 * The connections with a TLS handshake in progress, bounded like the connections without a whole head.
 *
 * A runtime may use another object for a connection once it is secure, so a connection is identified by the addresses and
 * ports of both ends: those of the client alone may belong to two connections, to two addresses of ours. And a client that
 * resets a connection may open the next between the same ends before the end of the first is reported.
 */
export class Handshakes {
  #waiting = new Waiting<ShakingSocket>(limits.waitingHeadsMax)
  #byEnds = new Map<string, Shaking>()

  /** number of handshakes in progress */
  get size(): number {
    return this.#waiting.size
  }

  begin(socket: ShakingSocket, nowMs: number): void {
    if (socket.destroyed || socket.remoteAddress === undefined) {
      socket.destroy() // already reset
      return
    }
    const ends = endsOf(socket)
    // no two connections have the same ends at once: the earlier one is dead, and must not be mistaken for this one
    const before = this.#byEnds.get(ends)
    if (before) {
      this.#forget(ends, before)
      before.socket.destroy()
    }
    const place = this.#waiting.enter(socket, socket.remoteAddress)
    const shaking: Shaking = { socket, place, onGone: () => this.#forget(ends, shaking) }
    this.#byEnds.set(ends, shaking)
    socket.once('close', shaking.onGone)
    this.#waiting.add(place, nowMs)?.destroy()
  }

  end(socket: Ends): void {
    const ends = endsOf(socket)
    const shaking = this.#byEnds.get(ends)
    if (shaking) this.#forget(ends, shaking)
  }

  /** Closes connections whose handshake has taken longer than this. */
  expire(nowMs: number, afterMs: number): void {
    for (const socket of this.#waiting.expire(nowMs, afterMs)) socket.destroy()
  }

  /** Forgets this connection only: its ends may belong to another by now. */
  #forget(ends: string, shaking: Shaking): void {
    if (this.#byEnds.get(ends) === shaking) this.#byEnds.delete(ends)
    this.#waiting.leave(shaking.place)
    shaking.socket.off('close', shaking.onGone)
  }
}

const endsOf = ({ remoteAddress, remotePort, localAddress, localPort }: Ends) =>
  `${remoteAddress} ${remotePort} ${localAddress} ${localPort}`
