import { elementIds, readElementHead } from './ebml.ts'

/** What a decoder is set up by, and the way to it (RFC 9559 §5.1.4). */
const ids = { tracks: 0x1654ae6b, entry: 0xae, number: 0xd7, codec: 0x86, setup: 0x63a2 } as const

interface Element {
  id: number
  content: Uint8Array
}

/** The elements that follow each other in these bytes; one that is cut short or of unknown size takes all that is left. */
function elementsOf(bytes: Uint8Array): Element[] {
  const elements: Element[] = []
  for (let at = 0; at < bytes.length; ) {
    const head = readElementHead(bytes.subarray(at))
    if (!head || head === 'short') break
    const from = at + head.length
    const to = Math.min(bytes.length, from + (head.size ?? bytes.length))
    elements.push({ id: head.id, content: bytes.subarray(from, to) })
    at = to
  }
  return elements
}

const within = (elements: readonly Element[], id: number): Element[] =>
  elements.filter((element) => element.id === id).flatMap(({ content }) => elementsOf(content))

/**
 * The tracks of a WebM header by number, codec and the codec's setup, in text that is equal where a decoder of one stream
 * makes sense of another; empty where there are none.
 */
export function tracksOf(header: Uint8Array): string {
  const segment = within(elementsOf(header), elementIds.segment)
  const entries = within(segment, ids.tracks).filter(({ id }) => id === ids.entry)
  const setups: readonly number[] = [ids.number, ids.codec, ids.setup]
  return entries
    .map(({ content }) =>
      elementsOf(content)
        .filter(({ id }) => setups.includes(id))
        .map((element) => `${element.id}=${Buffer.from(element.content).toString('hex')}`)
        .sort()
        .join(','),
    )
    .join(';')
}
