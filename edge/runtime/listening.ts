import type { Peer } from '../../shared/http/forwarded.ts'
import type { MountHead } from '../listener/mount-head.ts'
import type { RequestUrl } from '../listener/request-url.ts'

/** The edge, as the server that reads its requests calls it. */
export interface Answers {
  /**
   * Answers any request.
   * @param url of the request as it came, which `request.url` may write in another way
   */
  answer(request: Request, peer: Peer, url: RequestUrl): Response | Promise<Response>
  /**
   * Places the listener that a GET or HEAD comes from, and counts it: the `Location` of a 302, or the whole answer if it is
   * another one; undefined if `answer` has to be called with the whole request.
   */
  place(head: MountHead, peer: Peer): string | Response | Promise<Response> | undefined
}

/** A server that accepts requests. */
export interface Listening {
  port: number
  /** Accepts no more requests; resolves once those in progress are answered, or dropped after `graceMs`. */
  close(graceMs: number): Promise<void>
}
