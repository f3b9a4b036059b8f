import { limits } from '../limits.ts'
import { type Mount, parseMount } from '../mount.ts'

/** A mount to relay and, if the list names one, the server to relay it from. */
export interface StreamListEntry {
  mount: Mount
  /** origin of a url; undefined: the server that gave the list */
  base: string | undefined
}

/** The parsed list of a master, within bounds. */
export interface StreamList {
  /** without repeats, at most as many as a report allows */
  entries: StreamListEntry[]
  /** the first of the lines that do not name a mount */
  refused: string[]
  /** entries beyond the bound */
  left: number
}

/** Parses a whole list. */
export function parseStreamList(text: string): StreamList {
  const reader = new StreamListReader()
  reader.push(text)
  return reader.end()
}

/**
 * Parses a master's list as it arrives: a line is a path, or an absolute http(s) URL as Icecast 2.4 and 2.5 accept it.
 * icecast-kh's prefix `/admin/streams?mount=` is removed. Lines that are neither are returned as `refused`.
 */
export class StreamListReader {
  #isKnown: (mount: Mount) => boolean
  /** by base and mount */
  #known = new Map<string, StreamListEntry>()
  #others = new Map<string, StreamListEntry>()
  #refused: string[] = []
  #left = 0
  #rest = ''

  /** @param isKnown mounts that have priority if the list names too many */
  constructor(isKnown: (mount: Mount) => boolean = () => false) {
    this.#isKnown = isKnown
  }

  push(text: string): void {
    const all = this.#rest + text
    let from = 0
    for (let lf = all.indexOf('\n'); lf >= 0; lf = all.indexOf('\n', from)) {
      this.#take(all.slice(from, lf))
      from = lf + 1
    }
    this.#rest = all.slice(from, from + limits.streamListLineLengthMax + 1)
  }

  end(): StreamList {
    this.#take(this.#rest)
    const others = [...this.#others.values()]
    const taken = others.slice(0, limits.reportMountsMax - this.#known.size)
    const left = this.#left + others.length - taken.length
    return { entries: [...this.#known.values(), ...taken], refused: this.#refused, left }
  }

  #take(written: string): void {
    const lengthMax = limits.streamListLineLengthMax
    // with its blanks: of a long line that comes in pieces, only the beginning is kept
    const isTooLong = written.length > lengthMax
    const line = written.slice(0, lengthMax).trim()
    if (line === '' && !isTooLong) return
    const entry = isTooLong ? undefined : parseLine(line)
    if (!entry) {
      if (this.#refused.length < limits.streamListRefusedMax) this.#refused.push(line)
      return
    }
    const key = `${entry.base ?? ''}${entry.mount}`
    const entries = this.#isKnown(entry.mount) ? this.#known : this.#others
    if (entries.size < limits.reportMountsMax) entries.set(key, entry)
    else if (!entries.has(key)) this.#left++
  }
}

function parseLine(line: string): StreamListEntry | undefined {
  const [, base, path = ''] =
    /^(https?:\/\/[^/?#@\s]+)?(\/[^?#\s]*(?:\?mount=\/[^?#&\s]*)?)/i.exec(line) ?? []
  const mount = parseMount(path.replace(/^\/admin\/streams\?mount=/, ''))
  if (!mount || (base !== undefined && !URL.canParse(base))) return undefined
  return { mount, base: base === undefined ? undefined : new URL(base).origin }
}
