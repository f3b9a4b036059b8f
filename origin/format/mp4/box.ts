import { joined } from '../../../shared/bytes.ts'

/** An MP4 box: its length, its type and its content (ISO/IEC 14496-12 §4.2). */
export function box(type: string, ...content: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  return joined([
    boxHead(
      type,
      content.reduce((sum, { length }) => sum + length, 0),
    ),
    ...content,
  ])
}

/** The 8 bytes at the head of a box whose content is written elsewhere. @param bytes of the content */
export const boxHead = (type: string, bytes: number): Uint8Array => joined([u32(8 + bytes), latin1(type)])

/** A box with a version and flags at its head. */
export const fullBox = (type: string, version: number, flags: number, ...content: readonly Uint8Array[]) =>
  box(type, u32(((version << 24) | flags) >>> 0), ...content)

export const u8 = (...values: readonly number[]): Uint8Array => Uint8Array.from(values)

export const u16 = (...values: readonly number[]): Uint8Array =>
  u8(...values.flatMap((value) => [(value >> 8) & 255, value & 255]))

export const u32 = (...values: readonly number[]): Uint8Array => u32s(values)

export function u32s(values: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(4 * values.length)
  const view = new DataView(bytes.buffer)
  for (const [i, value] of values.entries()) view.setUint32(4 * i, value)
  return bytes
}

export function u64(value: number): Uint8Array {
  const bytes = new Uint8Array(8)
  new DataView(bytes.buffer).setBigUint64(0, BigInt(value))
  return bytes
}

export const latin1 = (text: string): Uint8Array => Uint8Array.from(text, (char) => char.charCodeAt(0))
