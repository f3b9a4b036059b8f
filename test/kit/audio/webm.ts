/** An EBML element: its name as it is written, and its content; of unknown size where that is asked for. */
export function element(
  id: number,
  content: Uint8Array | readonly Uint8Array[],
  unknownSize = false,
): Buffer {
  const bytes = content instanceof Uint8Array ? content : Buffer.concat(content)
  const size = Buffer.alloc(8)
  size.writeBigUInt64BE(unknownSize ? 0x01ffffffffffffffn : (1n << 56n) | BigInt(bytes.length))
  return Buffer.concat([Buffer.from(id.toString(16).padStart(2, '0'), 'hex'), size, bytes])
}

export const number = (value: number): Buffer => {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}

const float = (value: number): Buffer => {
  const bytes = Buffer.alloc(8)
  bytes.writeDoubleBE(value)
  return bytes
}

export interface TrackOptions {
  /** ns of a tick */
  timestampScale?: number
  /** ticks that the whole plays, as its writer knew it */
  duration?: number
  /** ns of a block of each track */
  blockNs?: number
}

/** A header with these tracks, numbered from 1; all that follows lies in its Segment, whose size nobody knows. */
export function webmHeader(tracks: readonly ('audio' | 'video')[], options: TrackOptions = {}): Buffer {
  const { timestampScale, duration, blockNs } = options
  const info = [
    ...(timestampScale ? [element(0x2ad7b1, number(timestampScale))] : []),
    ...(duration ? [element(0x4489, float(duration))] : []),
  ]
  const entries = tracks.map((kind, i) =>
    element(0xae, [
      element(0xd7, number(i + 1)),
      element(0x83, Uint8Array.of(kind === 'video' ? 1 : 2)),
      element(0x86, Buffer.from(kind === 'video' ? 'V_VP8' : 'A_OPUS')),
      ...(blockNs ? [element(0x23e383, number(blockNs))] : []),
    ]),
  )
  const ebml = element(0x1a45dfa3, [element(0x4286, Uint8Array.of(1)), element(0x4282, Buffer.from('webm'))])
  const parts = [element(0x1549a966, info), element(0x1654ae6b, entries)]
  return Buffer.concat([ebml, element(0x18538067, [], true), ...parts])
}

export interface BlockOptions {
  track?: number
  /** ticks from the Cluster's time on */
  ticks?: number
  isKey?: boolean
  bytes?: number
}

const blockContent = ({ track = 1, ticks = 0, isKey = true, bytes = 100 }: BlockOptions) => {
  const head = Buffer.of(0x80 | track, 0, 0, isKey ? 0x80 : 0)
  head.writeInt16BE(ticks, 1)
  return Buffer.concat([head, Buffer.alloc(bytes, 0x21)])
}

export const simpleBlock = (options: BlockOptions = {}): Buffer => element(0xa3, blockContent(options))

/** A block that says for how long it plays, and whether it needs another one: then it is not a key frame. */
export const blockGroup = (options: BlockOptions & { durationTicks?: number } = {}): Buffer =>
  element(0xa0, [
    element(0xa1, blockContent({ ...options, isKey: false })),
    ...(options.durationTicks ? [element(0x9b, number(options.durationTicks))] : []),
    ...(options.isKey === false ? [element(0xfb, Uint8Array.of(0xff))] : []),
  ])

export const cluster = (ticks: number, blocks: readonly Uint8Array[], unknownSize = false): Buffer =>
  element(0x1f43b675, [element(0xe7, number(ticks)), ...blocks], unknownSize)
