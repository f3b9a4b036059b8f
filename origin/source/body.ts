import { announcedBody, type Body } from '../http/body.ts'

/**
 * The body of a source's request: framed if its headers say so, else everything up to the end. A length of 0 is
 * ignored, as in Icecast: a source always has something to send.
 */
export const sourceBody = (headers: ReadonlyMap<string, string>, onData: (bytes: Uint8Array) => void): Body =>
  announcedBody(headers, onData) ?? { done: false, push: onData }
