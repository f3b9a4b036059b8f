import { getLogger } from '@logtape/logtape'
import type { Head } from './head.ts'

/** Each answered request is logged in this category: to access.log, or as JSON like everything else. */
export const accessCategory = ['distributary', 'access'] as const
const log = getLogger([...accessCategory])

/**
 * The record of a request for the access log. It lives as long as the connection, so it contains only the fields of the
 * line; no query, because queries contain secrets.
 */
export interface Exchange {
  readonly address: string
  /** of a listener whose mount requires authentication; as in Icecast, no other user is logged */
  user: string | undefined
  readonly method: string
  readonly path: string
  readonly version: Head['version']
  readonly referer: string | undefined
  readonly agent: string | undefined
  readonly startedAtMs: number
  /** bytes sent on its connection before, for other requests */
  readonly sentBefore: number
  /** undefined until answered; a request without an answer is not logged, as in Icecast */
  status: number | undefined
}

/** The record of a request whose head was read at `nowMs`. */
export function beginExchange(
  { method, path, version, headers }: Head,
  address: string,
  nowMs: number,
  sentBefore = 0,
): Exchange {
  return {
    address,
    user: undefined,
    method,
    path,
    version,
    referer: headers.get('referer'),
    agent: headers.get('user-agent'),
    startedAtMs: nowMs,
    sentBefore,
    status: undefined,
  }
}

/** Logs a request whose connection has closed, or continues with another; `sent`: bytes sent on it, heads included. */
export function endExchange(exchange: Exchange, sent: number, nowMs: number): void {
  if (exchange.status === undefined) return
  const { startedAtMs, sentBefore, ...told } = exchange
  const seconds = Math.round((nowMs - startedAtMs) / 1000)
  log.info('request', { ...told, bytes: sent - sentBefore, seconds })
}
