import { type Check, failure, fine, warning } from './check.ts'

/** The certificate that a server shows. */
export interface CertificateFacts {
  issuer: string
  /** ms since 1970 */
  validUntilMs: number
  /** why programs do not accept it; undefined: they do */
  problem: string | undefined
}

/** ms before the end of a certificate from which on a renewal is overdue: those of Let's Encrypt are renewed 30 days ahead */
const overdueMs = 14 * 86_400_000

/** Which certificate a URL shows, and until when. */
export function checkCertificate(url: string, facts: CertificateFacts, nowMs: number): Check {
  const name = `certificate of ${url}`
  const { issuer, validUntilMs, problem } = facts
  const until = Number.isFinite(validUntilMs) ? new Date(validUntilMs).toISOString().slice(0, 10) : 'unknown'
  if (validUntilMs < nowMs)
    return failure(
      name,
      `expired on ${until} (issued by ${issuer})`,
      'renew it, then send SIGHUP: players refuse it',
    )
  if (problem !== undefined)
    return failure(
      name,
      `${problem} (issued by ${issuer}, valid until ${until})`,
      'players refuse it: use a certificate for this name with its whole chain (fullchain.pem)',
    )
  if (validUntilMs - nowMs < overdueMs)
    return warning(
      name,
      `valid until ${until} (issued by ${issuer})`,
      'its renewal is overdue: see certbot renew',
    )
  return fine(name, `valid until ${until} (issued by ${issuer})`)
}

/** The parts of `node:tls` that are used; Node, Bun and Deno have them. */
interface TlsSocket {
  readonly authorized: boolean
  readonly authorizationError: unknown
  getPeerCertificate(): { valid_to?: string; issuer?: unknown } | null
  destroy(): void
  once(event: 'error', listener: (error: Error) => void): unknown
  setTimeout(ms: number, listener: () => void): unknown
}
export type ConnectTls = (
  options: { host: string; port: number; servername?: string; rejectUnauthorized: false },
  listener: () => void,
) => TlsSocket

/** Reads the certificate that a server shows. @throws if it cannot be reached, or does not speak TLS */
export function certificateOf(
  url: string,
  connect: ConnectTls,
  deadlineMs: number,
): Promise<CertificateFacts> {
  const { hostname, port } = new URL(url)
  const host = hostname.replace(/^\[|\]$/g, '')
  const isAddress = /^[\d.]+$|:/.test(host)
  return new Promise((resolve, reject) => {
    const options = { host, port: Number(port) || 443, rejectUnauthorized: false } as const
    const socket = connect(isAddress ? options : { ...options, servername: host }, () => {
      const { valid_to: validTo = '', issuer } = socket.getPeerCertificate() ?? {}
      const { authorized, authorizationError } = socket
      socket.destroy()
      resolve({
        issuer: issuerIn(issuer),
        validUntilMs: Date.parse(validTo),
        problem: authorized ? undefined : wordsFor(authorizationError),
      })
    })
    socket.once('error', reject)
    socket.setTimeout(deadlineMs, () => {
      socket.destroy()
      reject(new Error(`no answer within ${deadlineMs} ms`))
    })
  })
}

function issuerIn(issuer: unknown): string {
  const parts: Record<string, unknown> = typeof issuer === 'object' && issuer !== null ? { ...issuer } : {}
  const name = parts.O ?? parts.CN
  return typeof name === 'string' ? name : 'an unknown issuer'
}

function wordsFor(error: unknown): string {
  const text =
    error instanceof Error ? `${'code' in error ? error.code : ''} ${error.message}` : String(error)
  if (/self.?signed/i.test(text)) return 'self-signed'
  if (/altname/i.test(text)) return 'for another name'
  if (/verify|issuer|chain/i.test(text)) return 'its chain is not complete'
  return `not accepted (${text.trim().slice(0, 100)})`
}
