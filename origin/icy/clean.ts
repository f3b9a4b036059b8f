import type { StreamFacts } from '../format/framer.ts'
import type { IcyMetadata } from './metadata.ts'

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
const controls = /[\x00-\x1f\x7f-\x9f\u2028\u2029]+/g
/** what no value of a header may hold (RFC 9110 §5.5); values are one character a byte, so UTF-8 stays */
// biome-ignore lint/suspicious/noControlCharactersInRegex: as above
const unprintable = /[\x00-\x08\x0a-\x1f\x7f]+/g

/** Text as it stands in one line, whoever writes that: a blank in place of control characters and line ends. */
export const cleanText = (text: string): string => {
  const cleaned = text.replace(controls, ' ')
  return cleaned === text ? text : cleaned.trim()
}

/** A title as it enters a mount, for players, stats and logs alike; the very same where nothing is to be cleaned. */
export function cleanMetadata(metadata: IcyMetadata): IcyMetadata {
  const title = cleanText(metadata.title)
  const url = metadata.url === undefined ? undefined : cleanText(metadata.url)
  return title === metadata.title && url === metadata.url ? metadata : { title, url }
}

/** The same for what a container's comments say. */
export const cleanFacts = (facts: StreamFacts): StreamFacts => ({
  ...facts,
  ...(facts.artist !== undefined && { artist: cleanText(facts.artist) }),
  ...(facts.title !== undefined && { title: cleanText(facts.title) }),
})

/** What a feed says of its stream as it enters a mount: nothing that breaks a head, the very same where nothing does. */
export function cleanHeaders(headers: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  if ([...headers.values()].every((value) => value.search(unprintable) < 0)) return headers
  return new Map([...headers].map(([name, value]) => [name, value.replace(unprintable, ' ').trim()]))
}
