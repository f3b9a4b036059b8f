import { pageChecksum } from '../../../origin/format/ogg/crc.ts'

export interface PageOptions {
  serial?: number
  sequence?: number
  /** granule position; -1 where no packet ends on the page */
  granule?: number
  isBos?: boolean
  isEos?: boolean
  isContinued?: boolean
  /** the lacing values, where they are not those of the whole packets */
  lacing?: number[]
}

/** An Ogg page of whole packets, or of pieces of packets where lacing values are given. */
export function oggPage(packets: readonly Uint8Array[], options: PageOptions = {}): Buffer {
  const { serial = 1, sequence = 0, granule = 0, isBos, isEos, isContinued } = options
  const lacing = options.lacing ?? packets.flatMap(lacingOf)
  const page = Buffer.concat([Buffer.alloc(27), Buffer.from(lacing), ...packets])
  page.write('OggS', 'latin1')
  page[5] = (isContinued ? 1 : 0) | (isBos ? 2 : 0) | (isEos ? 4 : 0)
  page.writeBigInt64LE(BigInt(granule), 6)
  page.writeUInt32LE(serial, 14)
  page.writeUInt32LE(sequence, 18)
  page[26] = lacing.length
  page.writeUInt32LE(pageChecksum(page), 22)
  return page
}

const lacingOf = ({ length }: Uint8Array) => [
  ...Array<number>(Math.floor(length / 255)).fill(255),
  length % 255,
]

/** Comments as Vorbis writes them, after the codec's magic. */
export function oggComments(magic: string, ...comments: readonly string[]): Buffer {
  const sized = (text: string) => {
    const bytes = Buffer.from(text)
    const length = Buffer.alloc(4)
    length.writeUInt32LE(bytes.length)
    return Buffer.concat([length, bytes])
  }
  const count = Buffer.alloc(4)
  count.writeUInt32LE(comments.length)
  return Buffer.concat([Buffer.from(magic, 'latin1'), sized('test'), count, ...comments.map(sized)])
}
