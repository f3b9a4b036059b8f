import type { MountRequest } from '../listener/answer.ts'
import type { RequestUrl } from '../listener/request-url.ts'

/** Tells the address at the other end of a connection, while a request on it lasts. */
export type Peer = () => string | undefined

/** What a server that takes requests asks its edge for. */
export interface Answers {
  /** @param url of the request as it came, which `request.url` may write in another way */
  answer(request: Request, peer: Peer, url: RequestUrl): Response | Promise<Response>
  /** The `Location` of the 302 that a request is due, undefined where it is due another answer. */
  redirect(request: MountRequest, peer: Peer): string | undefined
}

/** A server that takes requests. */
export interface Listening {
  port: number
  /** Takes no more requests; resolves once those under way are answered, or have been given up after `graceMs`. */
  close(graceMs: number): Promise<void>
}
