import type { MountRequest } from './mount-request.ts'

/** Tells the address at the other end of a connection, while a request on it lasts. */
export type Peer = () => string | undefined

/** What a server that takes requests asks its edge for. */
export interface Answers {
  answer(request: Request, peer: Peer): Response | Promise<Response>
  /** The `Location` of the 302 that a request is due, undefined where it is due another answer. */
  redirect(request: MountRequest, peer: Peer): string | undefined
}

/** A server that takes requests. */
export interface Listening {
  port: number
  /** Takes no more requests; resolves once those under way are answered, or have been given up after `graceMs`. */
  close(graceMs: number): Promise<void>
}

/** What each runtime supplies; throws where the address cannot be had. */
export type Listen = (host: string, port: number, answers: Answers) => Promise<Listening>
