import { getLogger } from '@logtape/logtape'
import type { Head } from './head.ts'

/** Where a line for each answered request goes: access.log, or JSON with all else. */
export const accessCategory = ['distributary', 'access'] as const
const log = getLogger([...accessCategory])

/**
 * A request, as far as the access log tells of it. It lives as long as its connection, so it is no more than what the
 * line needs; in particular no query, for queries hold secrets.
 */
export interface Exchange {
  readonly address: string
  /** who listens, where the mount asked and was told; as in Icecast nobody else is named */
  user: string | undefined
  readonly method: string
  readonly path: string
  readonly version: Head['version']
  readonly referer: string | undefined
  readonly agent: string | undefined
  readonly startedAtMs: number
  /** bytes that its connection had sent before, in answer to others */
  readonly sentBefore: number
  /** undefined until answered; what is closed without a word is not logged, as in Icecast */
  status: number | undefined
}

/** The record of a request whose head was read at this moment. */
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

/** Logs a request whose connection has closed, or goes on to another; `sent` bytes have gone over it, heads included. */
export function endExchange(
  { startedAtMs, sentBefore, ...told }: Exchange,
  sent: number,
  nowMs: number,
): void {
  if (told.status === undefined) return
  const seconds = Math.round((nowMs - startedAtMs) / 1000)
  log.info('request', { ...told, bytes: sent - sentBefore, seconds })
}
