import { at, childrenOf, type Warn } from './block.ts'
import type { XmlElement } from './element.ts'

/** A header that the operator adds to answers (`<http-headers><header/>`). */
export interface HeaderRule {
  readonly name: string
  readonly value: string
  /** status of the answers that get it: `200`, or `2*` as in icecast-kh; undefined: all answers */
  readonly status: string | undefined
}

/** Characters of a header (RFC 9110 §5); a line break in a value would begin another header. */
const namePattern = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,64}$/
const valuePattern = /^[\x20-\x7e\x80-\xff]{0,1024}$/

/** Reads the `<http-headers>` of a block. An invalid header is left out. */
export function readHeaders(block: XmlElement, warn: Warn): HeaderRule[] {
  const rules: HeaderRule[] = []
  for (const list of childrenOf(block, 'http-headers'))
    for (const element of list.children) {
      const rule = element.name === 'header' ? readHeader(element, warn) : undefined
      if (rule) rules.push(rule)
      else if (element.name !== 'header')
        warn(`${at(element)}<http-headers><${element.name}> is unknown and has no effect`)
    }
  return rules
}

function readHeader(element: XmlElement, warn: Warn): HeaderRule | undefined {
  const { name = '', value = '', status } = element.attributes
  const wrong = (attribute: string, given: string, expected: string) =>
    warn(
      `${at(element)}<http-headers><header ${attribute}> is ${JSON.stringify(given.slice(0, 60))}, expected ${expected}; it is left out`,
    )
  if (!namePattern.test(name)) wrong('name', name, 'the name of a header')
  else if (!valuePattern.test(value)) wrong('value', value, 'at most 1024 characters and no line break')
  else if (status !== undefined && !/^[1-5]([0-9*]{2}|\*)$/.test(status))
    wrong('status', status, 'a status like 200 or 2*')
  else return { name, value, status }
  return undefined
}
