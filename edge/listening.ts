/** Answers one request; `peer` tells the address at the other end of the connection, while the request lasts. */
export type Answerer = (request: Request, peer: () => string | undefined) => Response | Promise<Response>

/** A server that takes requests. */
export interface Listening {
  port: number
  /** Takes no more requests; resolves once those under way are answered, or have been given up after `graceMs`. */
  close(graceMs: number): Promise<void>
}

/** What each runtime supplies; throws where the address cannot be had. */
export type Listen = (host: string, port: number, answer: Answerer) => Promise<Listening>
