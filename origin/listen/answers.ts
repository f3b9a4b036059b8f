import { mountHeaders } from '../../shared/draw/redirect.ts'
import type { HeaderRule } from '../config/xml/headers.ts'
import { realmHeader } from '../http/logins.ts'
import { type Answer, printHead, printReply } from '../http/reply.ts'
import { listenerHeaders } from '../icy/headers.ts'
import { hlsOffHeader, isHlsOff } from '../mount/hls-off.ts'
import type { ActiveMount } from '../mount/mount.ts'
import type { Placement } from './placement.ts'

const crlf = '\r\n'
const commonHeaders = Object.entries(mountHeaders)

/** a length that no listener reaches: the one that icecast-kh announces to such players */
const probeTotal = 1_073_741_823

/** Prints the redirect or refusal of a listener. */
export function printRefused(
  version: '1.0' | '1.1',
  placement: Placement & { serve: false },
  headOnly: boolean,
  rules: readonly HeaderRule[],
): Answer {
  const { status } = placement
  if (status === 302)
    return printReply({
      version,
      status,
      headers: [...commonHeaders, ['Location', placement.location]],
      rules,
    })
  const headers: (readonly [string, string])[] = [
    ...commonHeaders,
    ['Content-Type', 'text/plain; charset=utf-8'],
  ]
  if (status === 401) headers.push(realmHeader)
  return printReply({ version, status, headers, rules, body: `${placement.text}${crlf}`, headOnly })
}

/** Types that a browser plays, whatever the bytes are. */
const playable = /^(?:audio|video)\/|^application\/(?:x-)?ogg(?:$|[ ;])/i
const inSandbox = [
  ['Content-Security-Policy', 'sandbox'],
  ['X-Content-Type-Options', 'nosniff'],
] as const

/**
 * The source chooses the content type, and a browser that opens a stream of `text/html` would run its scripts as a page
 * of this server, with the admin's login at hand. In a sandbox no scripts run.
 */
const harmless = (contentType: string) => (playable.test(contentType) ? [] : inSandbox)

/**
 * The head of an endless answer: without a length and never chunked, because relays would pass the chunk framing on.
 * @param via `Via` entries by which a relay detects a loop; undefined for listeners
 */
export function printStreamHead(
  version: '1.0' | '1.1',
  mount: ActiveMount,
  icy: boolean,
  rules: readonly HeaderRule[],
  via?: string,
): Answer {
  const headers = [
    ['Content-Type', mount.contentType] as const,
    ...commonHeaders,
    ...harmless(mount.contentType),
    ...(via !== undefined && isHlsOff(mount.settings, mount) ? [hlsOffHeader] : []),
  ]
  let head = printHead({ version, status: 200, headers, rules })
  for (const [name, value] of listenerHeaders(mount.headers)) head += `${name}:${value}${crlf}`
  if (icy) head += `icy-metaint:${mount.metaint}${crlf}`
  if (via !== undefined) head += `Via: ${via}${crlf}`
  return { status: 200, bytes: Buffer.from(head + crlf, 'latin1') }
}

/** Two bytes, for players that check whether ranges are supported. */
export function printProbe(
  version: '1.0' | '1.1',
  mount: ActiveMount,
  headOnly: boolean,
  rules: readonly HeaderRule[],
): Answer {
  const headers: [string, string][] = [
    ...commonHeaders,
    ['Content-Type', mount.contentType],
    ['Accept-Ranges', 'bytes'],
    ['Content-Range', `bytes 0-1/${probeTotal}`],
  ]
  return printReply({ version, status: 206, headers, rules, body: Uint8Array.of(0xff, 0xff), headOnly })
}
