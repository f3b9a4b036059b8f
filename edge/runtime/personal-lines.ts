import { blanks, trimmedEnd } from '../../shared/trim.ts'

/**
 * The line of a header that differs for each sender, or by which a proxy tells requests apart, with the line end before it.
 * None of these says where the request ends; other bytes than these do not stand in a plain head.
 */
const line =
  /\r\n(authorization|cookie|x-forwarded-for|forwarded|(?:x-real|x-client|true-client|cf-connecting|fly-client)-ip|cf-ray|(?:fly-request|x-request|x-correlation|x-amzn-trace)-id|x-cloud-trace-context|traceparent|tracestate):[\t ]*((?:[\x21-\x7e\x80-\xff][\t\x20-\x7e\x80-\xff]*)?)(?=\r\n)/gi

interface HeaderValues {
  get(name: string): string | null
}

/** A head without its personal lines, which is the same for every listener with such a player, and these lines. */
export interface PartedHead {
  readonly common: string
  /** name, in lower case, and value of each line in turn */
  readonly lines: readonly string[]
}

/** Parts the whole head of one request. Both parts together say the same as the head; it is plain if the common part is. */
export function partHead(head: string): PartedHead {
  let common = ''
  let kept = 0
  const lines: string[] = []
  line.lastIndex = 0
  for (let found = line.exec(head); found; found = line.exec(head)) {
    const [{ length }, name = '', value = ''] = found
    common += head.slice(kept, found.index)
    kept = found.index + length
    lines.push(name.toLowerCase(), trimmedEnd(value, blanks))
  }
  return lines.length === 0 ? { common: head, lines } : { common: common + head.slice(kept), lines }
}

/** The headers of a parted head. */
export class PartedHeaders implements HeaderValues {
  #common: HeaderValues
  #lines: readonly string[]

  constructor(common: HeaderValues, lines: readonly string[]) {
    this.#common = common
    this.#lines = lines
  }

  /** Like `Headers.get`: the values of a header given twice are joined by a comma. */
  get(name: string): string | null {
    let values: string | null = null
    for (let i = 0; i < this.#lines.length; i += 2) {
      if (this.#lines[i] !== name) continue
      const value = this.#lines[i + 1] ?? ''
      values = values === null ? value : `${values}, ${value}`
    }
    // the common part has no line of a name that may be personal
    return values ?? this.#common.get(name)
  }
}
