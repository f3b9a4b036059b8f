import type { News } from '../../../shared/news/published-servers.ts'

/**
 * Breaks the programs, or the world around them, on purpose: each rule has one that it must find, or it might never find
 * anything. The observers see what was sent and answered, the programs what is made of it here.
 */
export interface Tampering {
  /** what becomes of a report before its decider reads it */
  report?: (sourcelist: string) => string
  /** … of the stats of a server that it polls */
  stats?: (json: string) => string
  /** … of what an operator says of such a server */
  named?: (body: string) => string
  /** what becomes of an answer of a decider or a master before it is sent */
  answer?: (path: string, text: string) => string
  /** what an isolate makes of a page of news */
  news?: (page: News) => News
  /** whether a write to a store is forgotten, though it succeeded */
  forgets?: (query: string) => boolean
  /** … of an answer to a session of HLS */
  steering?: (text: string, url: URL) => string
  /** what becomes of the query of a listener at a server */
  query?: (query: string) => string
  /** what becomes of a redirect */
  location?: (location: string) => string
  /** what becomes of an object of HLS that a slave, or an edge that carries, gets from a master */
  object?: (path: string, bytes: Uint8Array<ArrayBuffer>) => Uint8Array<ArrayBuffer>
  /** what becomes of what a listener hears */
  heard?: (bytes: Uint8Array) => Uint8Array
  /** a server does not notice that a listener has left */
  overlooksLeaving?: boolean
}
