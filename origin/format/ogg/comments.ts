const utf8 = new TextDecoder()

/** A stream's comments (Vorbis I §5) by upper-case name, the first of several; what is cut short ends the list. */
export function parseComments(bytes: Uint8Array): ReadonlyMap<string, string> {
  const comments = new Map<string, string>()
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let at = 0
  const number = () => {
    at += 4
    return at <= bytes.length ? view.getUint32(at - 4, true) : 0
  }
  const text = () => {
    const length = number()
    at += length
    return at <= bytes.length ? utf8.decode(bytes.subarray(at - length, at)) : undefined
  }
  text() // who made it
  for (let left = number(); left > 0; left--) {
    const comment = text()
    if (comment === undefined) break
    const [, name, value] = /^([^=]+)=(.*)$/s.exec(comment) ?? []
    if (name === undefined || value === undefined) continue
    if (!comments.has(name.toUpperCase())) comments.set(name.toUpperCase(), value)
  }
  return comments
}

/** What a player would show: `artist - title`, or the one that is there. */
export function titleOf(comments: ReadonlyMap<string, string>): string | undefined {
  const [artist, title] = [comments.get('ARTIST'), comments.get('TITLE')]
  return artist && title ? `${artist} - ${title}` : title || artist || undefined
}
