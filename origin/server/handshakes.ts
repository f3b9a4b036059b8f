import type { Socket } from 'node:net'
import { limits } from '../limits.ts'
import { Waiting } from './waiting.ts'

type Ends = Pick<Socket, 'remoteAddress' | 'remotePort' | 'localAddress' | 'localPort'>

/** What is needed of a connection that has yet to agree on TLS. */
export type ShakingSocket = Ends & {
  readonly destroyed: boolean
  destroy(): unknown
  once(event: 'close', listener: () => void): unknown
  off(event: 'close', listener: () => void): unknown
}

interface Shaking {
  socket: ShakingSocket
  onGone: () => void
}

/**
 * The connections that have yet to agree on TLS, bounded as those are that have yet to send a head.
 *
 * A runtime may show another object for a connection once it is secure, so that the addresses and ports of both ends have to
 * tell which one it was: the other side's alone may be those of two connections, to two addresses of ours. And who resets
 * a connection may open the next between the same ends before the end of the first has been told.
 */
export class Handshakes {
  #waiting = new Waiting<Shaking>(limits.waitingHeadsMax)
  #byEnds = new Map<string, Shaking>()

  /** how many have yet to agree */
  get size(): number {
    return this.#waiting.size
  }

  begin(socket: ShakingSocket, nowMs: number): void {
    if (socket.destroyed || socket.remoteAddress === undefined) {
      socket.destroy() // reset before it was looked at
      return
    }
    const ends = endsOf(socket)
    // no two connections have the same ends at once: the one before is dead, and must not become secure in the place of this
    const before = this.#byEnds.get(ends)
    if (before) {
      this.#forget(ends, before)
      before.socket.destroy()
    }
    const shaking: Shaking = { socket, onGone: () => this.#forget(ends, shaking) }
    this.#byEnds.set(ends, shaking)
    socket.once('close', shaking.onGone)
    this.#waiting.add(shaking, socket.remoteAddress, nowMs)?.socket.destroy()
  }

  end(socket: Ends): void {
    const ends = endsOf(socket)
    const shaking = this.#byEnds.get(ends)
    if (shaking) this.#forget(ends, shaking)
  }

  /** Closes those that have taken longer than this. */
  expire(nowMs: number, afterMs: number): void {
    for (const { socket } of this.#waiting.expire(nowMs, afterMs)) socket.destroy()
  }

  /** This one alone: by its ends another may be known by now. */
  #forget(ends: string, shaking: Shaking): void {
    if (this.#byEnds.get(ends) === shaking) this.#byEnds.delete(ends)
    this.#waiting.delete(shaking)
    shaking.socket.off('close', shaking.onGone)
  }
}

const endsOf = ({ remoteAddress, remotePort, localAddress, localPort }: Ends) =>
  `${remoteAddress} ${remotePort} ${localAddress} ${localPort}`
