import { joined } from '../../../shared/bytes.ts'
import { formatLimits } from '../limits.ts'
import type { Page } from './page.ts'

/** Packets that end on a page. */
export interface ReadPackets {
  packets: Uint8Array[]
  /** bytes are missing before the first of them */
  isBroken: boolean
}

/** Assembles the packets of one logical stream, without a copy of those that lie on one page. */
export class PacketReader {
  #sequence: number | undefined
  /** pieces of a packet that continues on the next page; empty: none does */
  #open: Uint8Array[] = []
  #openBytes = 0

  /** Reads the next page of the stream. */
  read({ sequence, isContinued, lacing, body }: Page): ReadPackets {
    const isFirst = this.#sequence === undefined
    const isNext = isFirst || sequence === ((this.#sequence ?? 0) + 1) >>> 0
    const isBroken = !isNext || (!isFirst && isContinued !== this.#open.length > 0)
    this.#sequence = sequence
    if (isBroken) this.#forget()
    // where the beginning of a packet is missing, its end is of no use
    let isHeadless = isContinued && this.#open.length === 0
    const packets: Uint8Array[] = []
    let from = 0
    let to = 0
    for (const value of lacing) {
      to += value
      if (value === 255) continue
      if (!isHeadless) packets.push(this.#whole(body.subarray(from, to)))
      isHeadless = false
      from = to
    }
    if (lacing.at(-1) === 255 && !isHeadless) this.#hold(body.subarray(from, to))
    return { packets, isBroken }
  }

  #whole(piece: Uint8Array): Uint8Array {
    if (this.#open.length === 0) return piece
    const packet = joined([...this.#open, piece])
    this.#forget()
    return packet
  }

  #hold(piece: Uint8Array): void {
    this.#open.push(piece)
    this.#openBytes += piece.length
    if (this.#openBytes > formatLimits.packetBytesMax) this.#forget()
  }

  #forget(): void {
    this.#open = []
    this.#openBytes = 0
  }
}
