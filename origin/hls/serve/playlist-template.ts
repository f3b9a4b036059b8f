import { constants, crc32, deflateRawSync, gzipSync } from 'node:zlib'
import { sessionBytes } from '../../../shared/hls/session.ts'

/** The part of a served playlist that is needed here. */
interface Texts {
  textFor(query: string): string
}

const templates = new WeakMap<Texts, PlaylistTemplate>()

/** The template of a playlist, which is made for its first session; undefined if the playlist has control characters. */
export function templateOf(playlist: Texts): PlaylistTemplate | undefined {
  const known = templates.get(playlist)
  if (known) return known
  if (/[^\n\P{Cc}]/u.test(playlist.textFor(''))) return undefined
  const template = new PlaylistTemplate(playlist)
  templates.set(playlist, template)
  return template
}

/** bytes of a gzip member's head: no name, no time (RFC 1952 §2.3) */
const gzipHead = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff])
/** characters of the ids that servers make ({@link sessionBytes} in base64url) */
const idLength = (sessionBytes / 3) * 4
/** stands for an id: 16 times a character that no playlist has */
const mark = '\u0002'.repeat(idLength)

/**
 * A media playlist, prepared once for the many sessions that get it: their copies differ in the 16 characters of `s=` alone. To pack
 * each of them would cost more than all else of an answer, so they share one packed text. There the id stands once, as it is (a
 * stored block, RFC 1951 §3.2.4), and everything after it refers back to it.
 */
export class PlaylistTemplate {
  #plain: { bytes: Buffer; at: readonly number[] }
  #withoutId: Buffer
  #textFor: Texts['textFor']
  #packedWithoutId: Buffer | undefined
  #asked = 0
  /** null: it cannot be shared, or is not shorter */
  #shared: { bytes: Buffer; at: number; checksum: Checksum } | null | undefined

  /** @param playlist without control characters: they stand for ids while it is prepared */
  constructor(playlist: Texts) {
    const parts = playlist.textFor(`?s=${mark}`).split(mark)
    const at: number[] = []
    let length = 0
    for (const part of parts.slice(0, -1)) {
      length += Buffer.byteLength(part)
      at.push(length)
      length += idLength
    }
    this.#plain = { bytes: Buffer.from(parts.join('.'.repeat(idLength))), at }
    this.#withoutId = Buffer.from(playlist.textFor(''))
    this.#textFor = (query) => playlist.textFor(query)
  }

  /** The text for a session. */
  plain(id: string | undefined): Buffer {
    if (id === undefined) return this.#withoutId
    if (id.length !== idLength) return Buffer.from(this.#textFor(`?s=${id}`))
    const copy = Buffer.from(this.#plain.bytes)
    for (const at of this.#plain.at) copy.write(id, at, 'latin1')
    return copy
  }

  /** The same as gzip; undefined where that is not shorter. */
  packed(id: string | undefined): Buffer | undefined {
    if (id === undefined) {
      this.#packedWithoutId ??= gzipSync(this.#withoutId)
      return shorter(this.#packedWithoutId, this.#withoutId)
    }
    if (id.length !== idLength || this.#asked++ < sharedFrom) {
      const text = this.plain(id)
      return shorter(gzipSync(text), text)
    }
    this.#shared ??= this.#share()
    if (!this.#shared) return undefined
    const { bytes, at, checksum } = this.#shared
    const copy = Buffer.from(bytes)
    copy.write(id, at, 'latin1')
    copy.writeUInt32LE(checksum.of(copy, at), copy.length - 8)
    return copy
  }

  #share() {
    const { bytes, at } = this.#plain
    const [first] = at
    const rest = first === undefined ? undefined : packedRest(bytes, at, first)
    if (first === undefined || !rest) return null
    const before = deflateRawSync(bytes.subarray(0, first), { finishFlush: constants.Z_SYNC_FLUSH }) // ends at a byte
    const stored = Buffer.from([0, idLength, 0, ~idLength & 0xff, 0xff, ...Buffer.alloc(idLength)])
    const end = Buffer.alloc(8)
    end.writeUInt32LE(bytes.length, 4)
    const whole = Buffer.concat([gzipHead, before, stored, rest, end])
    if (whole.length >= bytes.length) return null
    const idAt = gzipHead.length + before.length + stored.length - idLength
    return { bytes: whole, at: idAt, checksum: new Checksum(bytes, at) }
  }
}

/** sessions that get a packed text of their own: to prepare the shared one costs as much as to pack ten */
const sharedFrom = 10

const shorter = (packed: Buffer, plain: Buffer) => (packed.length < plain.length ? packed : undefined)

/** 16 different bytes that no playlist has: control characters apart from the line end */
const controls = [1, 2, 3, 4, 5, 6, 7, 8, 14, 15, 16, 17, 18, 19, 20, 21]

/** What follows the first id, packed with references to it alone; undefined if some other byte depends on it. */
function packedRest(bytes: Buffer, at: readonly number[], first: number): Buffer | undefined {
  const packWith = (turn: number) => {
    const text = Buffer.from(bytes)
    for (const start of at)
      for (let i = 0; i < idLength; i++) text[start + i] = controls[(i + turn) % idLength] ?? 0
    const end = first + idLength
    return deflateRawSync(text.subarray(end), { dictionary: text.subarray(0, end) })
  }
  const [one, other] = [packWith(0), packWith(1)]
  return one.equals(other) ? one : undefined
}

/** The CRC-32 of a text in which an id stands at several places: it is linear, so each byte of the id has its own part in it. */
class Checksum {
  #base: number
  /** by the place in the id, and the byte there */
  #parts = new Int32Array(idLength * 256)

  constructor(bytes: Buffer, at: readonly number[]) {
    const text = Buffer.from(bytes)
    const set = (i: number, value: number) => {
      for (const start of at) text[start + i] = value
    }
    for (let i = 0; i < idLength; i++) set(i, 0)
    this.#base = crc32(text) | 0
    for (let i = 0; i < idLength; i++) {
      for (let bit = 0; bit < 8; bit++) {
        set(i, 1 << bit)
        const part = (crc32(text) | 0) ^ this.#base
        for (let low = 0; low < 1 << bit; low++)
          this.#parts[i * 256 + (1 << bit) + low] = part ^ (this.#parts[i * 256 + low] ?? 0)
      }
      set(i, 0)
    }
  }

  /** @param at where the id stands in these bytes */
  of(bytes: Buffer, at: number): number {
    let sum = this.#base
    for (let i = 0; i < idLength; i++) sum ^= this.#parts[i * 256 + (bytes[at + i] ?? 0)] ?? 0
    return sum >>> 0
  }
}
