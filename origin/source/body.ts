import { announcedBody, type Body } from '../http/body.ts'

/**
 * The body of a source's request: framed where its headers say so, else all that comes.
 * A length of 0 is no length: what has none to send would not be a source (Icecast ignores the header).
 */
export const sourceBody = (headers: ReadonlyMap<string, string>, onData: (bytes: Uint8Array) => void): Body =>
  announcedBody(headers, onData) ?? { done: false, push: onData }
