import { joined } from '../bytes.ts'

/** A record at its place in the order of changes; without bytes a newer one has replaced it. */
interface LogRecord {
  change: number
  bytes: Uint8Array | undefined
}

/** Records in order after a change. */
export interface LogPage {
  bytes: Uint8Array<ArrayBuffer>
  /** the change up to which a reader has everything that is still valid, once it has these bytes */
  change: number
  /** false: there is more after that change */
  isLast: boolean
}

/** replaced records that are kept before all are taken out, in addition to as many as are valid */
const replacedMin = 1024

/**
 * The newest record of each key, in the order of changes. A reader names the change that it has, and gets the bytes of all
 * records after it, packed long before: nothing is packed for a reader, and a page costs only the records in it.
 */
export class NewsLog {
  #records: LogRecord[] = []
  #newest = new Map<number, LogRecord>()
  #change = 0

  /** the number of the last change */
  get change(): number {
    return this.#change
  }

  /** how many records are valid */
  get size(): number {
    return this.#newest.size
  }

  /** how many are held, those that were replaced among them */
  get held(): number {
    return this.#records.length
  }

  put(key: number, bytes: Uint8Array): void {
    this.drop(key)
    const record = { change: ++this.#change, bytes }
    this.#records.push(record)
    this.#newest.set(key, record)
    if (this.#records.length > 2 * this.#newest.size + replacedMin)
      this.#records = this.#records.filter((each) => each.bytes !== undefined)
  }

  /** Takes a record out; nobody is told. */
  drop(key: number): void {
    const record = this.#newest.get(key)
    if (!record) return
    record.bytes = undefined
    this.#newest.delete(key)
  }

  bytesOf(key: number): Uint8Array | undefined {
    return this.#newest.get(key)?.bytes
  }

  /** The records after a change, as many as fit into `bytesMax`, at least one. */
  read(after: number, bytesMax: number): LogPage {
    const pieces: Uint8Array[] = []
    let length = 0
    let change = after
    for (let i = this.#indexAfter(after); i < this.#records.length; i++) {
      const record = this.#records[i]
      if (!record?.bytes) continue
      length += record.bytes.length
      if (length > bytesMax && pieces.length > 0) return { bytes: joined(pieces), change, isLast: false }
      pieces.push(record.bytes)
      change = record.change
    }
    return { bytes: joined(pieces), change: this.#change, isLast: true }
  }

  /** The index of the first record after a change, by halving: changes rise. */
  #indexAfter(after: number): number {
    let low = 0
    let high = this.#records.length
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.#records[middle]?.change ?? 0) > after) high = middle
      else low = middle + 1
    }
    return low
  }
}
