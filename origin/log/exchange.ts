import { getLogger } from '@logtape/logtape'
import { parseBasic } from '../../shared/credentials.ts'
import type { Head } from '../http/head.ts'

/** Where a line for each answered request goes: access.log, or JSON with all else. */
export const accessCategory = ['distributary', 'access'] as const
const log = getLogger([...accessCategory])

/**
 * A request, as far as the access log tells of it. It lives as long as its connection, so it is no more than what the
 * line needs; in particular no query, for queries hold secrets.
 */
export interface Exchange {
  readonly address: string
  /** the name that came with the request, right or wrong */
  readonly user: string | undefined
  readonly method: string
  readonly path: string
  readonly version: Head['version']
  readonly referer: string | undefined
  readonly agent: string | undefined
  readonly startedAtMs: number
  /** undefined until answered; what is closed without a word is not logged, as in Icecast */
  status: number | undefined
}

/** The record of a request whose head was read at this moment. */
export function beginExchange(
  { method, path, version, headers }: Head,
  address: string,
  nowMs: number,
): Exchange {
  return {
    address,
    user: parseBasic(headers.get('authorization'))?.user,
    method,
    path,
    version,
    referer: headers.get('referer'),
    agent: headers.get('user-agent'),
    startedAtMs: nowMs,
    status: undefined,
  }
}

/** Logs a request whose connection has closed; `bytes` were sent, the head included. */
export function endExchange({ startedAtMs, ...told }: Exchange, bytes: number, nowMs: number): void {
  if (told.status === undefined) return
  log.info('request', { ...told, bytes, seconds: Math.round((nowMs - startedAtMs) / 1000) })
}
