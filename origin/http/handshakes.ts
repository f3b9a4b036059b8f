import type { Socket } from 'node:net'
import { limits } from '../limits.ts'
import { Waiting } from './waiting.ts'

interface Shaking {
  socket: Socket
  onGone: () => void
}

/**
 * The connections that have yet to agree on TLS, bounded as those are that have yet to send a head. A runtime may show
 * another object for a connection once it is secure, so they are known by the other side's address and port.
 */
export class Handshakes {
  #waiting = new Waiting<Shaking>(limits.waitingHeadsMax)
  #byPeer = new Map<string, Shaking>()

  begin(socket: Socket, nowMs: number): void {
    const peer = peerOf(socket)
    const onGone = () => this.#forget(peer)
    const shaking = { socket, onGone }
    this.#byPeer.set(peer, shaking)
    socket.once('close', onGone)
    this.#waiting.add(shaking, socket.remoteAddress ?? '', nowMs)?.socket.destroy()
  }

  end(socket: Socket): void {
    this.#forget(peerOf(socket))
  }

  /** Closes those that have taken longer than this. */
  expire(nowMs: number, afterMs: number): void {
    for (const { socket } of this.#waiting.expire(nowMs, afterMs)) socket.destroy()
  }

  #forget(peer: string): void {
    const shaking = this.#byPeer.get(peer)
    if (!shaking) return
    this.#byPeer.delete(peer)
    this.#waiting.delete(shaking)
    shaking.socket.off('close', shaking.onGone)
  }
}

const peerOf = ({ remoteAddress, remotePort }: Socket) => `${remoteAddress} ${remotePort}`
