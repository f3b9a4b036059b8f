import { joined } from '../../../shared/bytes.ts'
import { pageChecksum } from './crc.ts'
import { pageHeadBytes } from './page.ts'

/** Position of a page in its stream. */
export interface PagePosition {
  serial: number
  /** number of the page in its stream */
  sequence: number
  /** granule position, eight bytes; {@link unfinished} if no packet ends on the page */
  granule: Uint8Array
}

const flags = { continued: 1, bos: 2, eos: 4 } as const
export const unfinished = printGranule(-1n)
export const beginning = printGranule(0n)

export function printGranule(value: bigint): Uint8Array {
  const bytes = new Uint8Array(8)
  new DataView(bytes.buffer).setBigInt64(0, value, true)
  return bytes
}

/** Prints an empty page that ends a stream. */
export const printEnd = (position: PagePosition): Uint8Array =>
  print(position, flags.eos, new Uint8Array(), [])

/** Prints the page that begins a stream: its first packet has a page to itself (RFC 3533 §4). */
export const printFirst = (packet: Uint8Array, serial: number): Uint8Array => {
  const lacing = [...Array<number>(Math.floor(packet.length / 255)).fill(255), packet.length % 255]
  return print({ serial, sequence: 0, granule: beginning }, flags.bos, packet, lacing)
}

/**
 * Prints packets on as few pages as possible; the last page has the granule position, because the packets end there.
 */
export function printPages(packets: readonly Uint8Array[], position: PagePosition): Uint8Array[] {
  const lacing = packets.flatMap(({ length }) => [
    ...Array<number>(Math.floor(length / 255)).fill(255),
    length % 255,
  ])
  const body = joined(packets)
  const pages: Uint8Array[] = []
  let at = 0
  for (let from = 0; from < lacing.length; from += 255) {
    const values = lacing.slice(from, from + 255)
    const length = values.reduce((sum, value) => sum + value, 0)
    const granule =
      from + 255 >= lacing.length ? position.granule : endsNone(values) ? unfinished : position.granule
    const continued = lacing[from - 1] === 255 ? flags.continued : 0
    const sequence = position.sequence + pages.length
    pages.push(print({ ...position, granule, sequence }, continued, body.subarray(at, at + length), values))
    at += length
  }
  return pages
}

/** Copies a page to another stream and position. */
export function moved(page: Uint8Array, { serial, sequence, granule }: PagePosition): Uint8Array {
  const copy = page.slice()
  copy.set(granule, 6)
  seal(copy, serial, sequence)
  return copy
}

const endsNone = (lacing: readonly number[]) => lacing.every((value) => value === 255)

function print(
  { serial, sequence, granule }: PagePosition,
  flag: number,
  body: Uint8Array,
  lacing: readonly number[],
): Uint8Array {
  const page = new Uint8Array(pageHeadBytes + lacing.length + body.length)
  page.set([0x4f, 0x67, 0x67, 0x53, 0, flag])
  page.set(granule, 6)
  page[26] = lacing.length
  page.set(lacing, pageHeadBytes)
  page.set(body, pageHeadBytes + lacing.length)
  seal(page, serial, sequence)
  return page
}

function seal(page: Uint8Array, serial: number, sequence: number): void {
  const view = new DataView(page.buffer, page.byteOffset, page.byteLength)
  view.setUint32(14, serial, true)
  view.setUint32(18, sequence, true)
  view.setUint32(22, pageChecksum(page), true)
}
