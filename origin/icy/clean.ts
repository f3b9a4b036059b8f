import { blanks, trimmed } from '../../shared/trim.ts'
import type { StreamFacts } from '../format/framer.ts'
import type { IcyMetadata } from './metadata.ts'

// biome-ignore lint/suspicious/noControlCharactersInRegex: the expression has to match control characters
const controls = /[\x00-\x1f\x7f-\x9f\u2028\u2029]+/g
/** characters not allowed in a header value (RFC 9110 §5.5); values hold one character per byte, so UTF-8 is kept */
// biome-ignore lint/suspicious/noControlCharactersInRegex: as above
const unprintable = /[\x00-\x08\x0a-\x1f\x7f]+/g

/** Makes text safe to print on one line: each run of control characters and line ends becomes a space. */
export const cleanText = (text: string): string => {
  const cleaned = text.replace(controls, ' ')
  return cleaned === text ? text : cleaned.trim()
}

/**
 * Cleans a title on its way into a mount, for players, stats and logs alike; returns the same object if nothing
 * changes.
 */
export function cleanMetadata(metadata: IcyMetadata): IcyMetadata {
  const title = cleanText(metadata.title)
  const url = metadata.url === undefined ? undefined : cleanText(metadata.url)
  return title === metadata.title && url === metadata.url ? metadata : { title, url }
}

/** Cleans artist and title from a container's comments. */
export const cleanFacts = (facts: StreamFacts): StreamFacts => ({
  ...facts,
  ...(facts.artist !== undefined && { artist: cleanText(facts.artist) }),
  ...(facts.title !== undefined && { title: cleanText(facts.title) }),
})

/** What a feed says of its stream by the head of its request or reply. */
interface Told {
  contentType: string
  headers: ReadonlyMap<string, string>
}

/** Cleans what a feed says of its stream on the way into a mount, so that no value breaks a listener's head. */
export const cleanInfo = <T extends Told>(info: T): T => ({
  ...info,
  contentType: cleanText(info.contentType),
  headers: cleanHeaders(info.headers),
})

/** Returns the same map if nothing changes. */
function cleanHeaders(headers: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  if ([...headers.values()].every((value) => value.search(unprintable) < 0)) return headers
  return new Map(
    [...headers].map(([name, value]) => [name, trimmed(value.replace(unprintable, ' '), blanks)]),
  )
}
