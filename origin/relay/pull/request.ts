import { serverAgent } from '../../../shared/version.ts'
import type { ResponseHead } from './response-head.ts'

export interface RelayRequest {
  /** undefined: the server must not see the relay's credentials */
  authorization: string | undefined
  /** whether to ask for titles */
  icy: boolean
  /** the mount that receives the stream, as {@link hopOf} writes it */
  hop: string
}

/**
 * A relay's request, like Icecast's: HTTP/1.0, so that no server answers in chunks. Its `User-Agent` identifies it as a
 * relay (S11), and not as a browser, to which Shoutcast would send a page. `Host` includes the port even if it is the
 * scheme's default, because a router in between may need it.
 */
export function printRelayRequest(url: URL, { authorization, icy, hop }: RelayRequest): string {
  const port = url.port || (url.protocol === 'https:' ? '443' : '80')
  const lines = [
    `GET ${url.pathname}${url.search} HTTP/1.0`,
    `Host: ${url.hostname}:${port}`,
    `User-Agent: ${serverAgent}`,
    `Via: ${hop}`,
    'Connection: close',
  ]
  if (icy) lines.push('Icy-MetaData: 1')
  if (authorization !== undefined) lines.push(`Authorization: ${authorization}`)
  return `${lines.join('\r\n')}\r\n\r\n`
}

/** What a reply means for a relay: the stream, a redirect, or a reason for rejecting it. */
export type ReplyVerdict = { stream: true } | { redirect: URL } | { refused: string }

/**
 * Judges a reply to a request for `url`. Credentials in a `Location` are dropped: they were not given to this server.
 */
export function judge({ status, headers }: ResponseHead, url: URL): ReplyVerdict {
  if (status >= 300 && status < 400) return redirectTo(headers.get('location'), status, url)
  if (status < 200 || status >= 300) return { refused: `answered ${status}` }
  const encoding = headers.get('transfer-encoding')
  if (encoding !== undefined && !/^identity$/i.test(encoding))
    return { refused: `answered with Transfer-Encoding ${encoding.slice(0, 40)} to an HTTP/1.0 request` }
  if (/^text\/html/i.test(headers.get('content-type') ?? '')) return { refused: 'answered with a web page' }
  return { stream: true }
}

function redirectTo(location: string | undefined, status: number, url: URL): ReplyVerdict {
  if (![301, 302, 303, 307, 308].includes(status)) return { refused: `answered ${status}` }
  if (location === undefined) return { refused: `answered ${status} without a Location` }
  if (!URL.canParse(location, url.href))
    return { refused: `redirected to ${location.slice(0, 60)}, which is not a URL` }
  const target = new URL(location, url)
  if (target.protocol !== 'http:' && target.protocol !== 'https:')
    return { refused: `redirected to ${target.protocol}, expected http: or https:` }
  target.username = ''
  target.password = ''
  return { redirect: target }
}
