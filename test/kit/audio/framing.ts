import { createHash } from 'node:crypto'
import type { Cut, Framer } from '../../../origin/format/framer.ts'

/** All that a framer gave, places counted from the beginning of its output. */
export interface Framed {
  bytes: Buffer
  starts: number[]
  headers: { from: number; bytes: Buffer; title: string | undefined }[]
}

/** What a framer gives for these pieces: after each what is whole, then the rest. */
export function framed(framer: Framer, ...pieces: readonly Uint8Array[]): Framed {
  const bytes: Uint8Array[] = []
  const starts: number[] = []
  const headers: Framed['headers'] = []
  let place = 0
  const keep = (cut: Cut) => {
    starts.push(...cut.frames.map((offset) => place + offset))
    for (const { at, bytes, title } of cut.headers ?? [])
      headers.push({ from: place + at, bytes: Buffer.from(bytes), title })
    bytes.push(cut.bytes)
    place += cut.bytes.length
  }
  for (const piece of pieces) {
    framer.push(piece)
    keep(framer.take())
  }
  keep(framer.takeAll())
  return { bytes: Buffer.concat(bytes), starts, headers }
}

/** Bytes in pieces of these sizes, over and over. */
export function cutInto(bytes: Uint8Array, ...sizes: readonly number[]): Uint8Array[] {
  const pieces: Uint8Array[] = []
  for (let at = 0; at < bytes.length; at += pieces.at(-1)?.length ?? 1)
    pieces.push(bytes.subarray(at, at + (sizes[pieces.length % sizes.length] ?? 1)))
  return pieces
}

/** Short text, equal for what is equal. */
export function digest({ bytes, starts, headers }: Framed): string {
  const hash = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')
  return JSON.stringify([
    hash(bytes),
    starts,
    headers.map((header) => ({ ...header, bytes: hash(header.bytes) })),
  ])
}
