import { describe, expect, test } from 'vitest'
import {
  type CertificateFacts,
  type ConnectTls,
  certificateOf,
  checkCertificate,
} from '../../../shared/doctor/certificate.ts'

const dayMs = 86_400_000
const now = Date.UTC(2026, 0, 1)

test('a certificate is well for two weeks or more, overdue before its end, and refused after it or with a problem', () => {
  const at = (validUntilMs: number, problem?: string) => {
    const { grade, text } = checkCertificate('https://a', { issuer: 'CA', validUntilMs, problem }, now)
    return `${grade} ${text}`
  }
  expect(at(now + 14 * dayMs)).toBe('ok valid until 2026-01-15 (issued by CA)')
  expect(at(now + 14 * dayMs - 1)).toMatch(/^warning valid until 2026-01-14/)
  expect(at(now)).toMatch(/^warning/)
  expect(at(now - 1)).toMatch(/^failed expired on 2025-12-31/)
  expect(at(now - 1, 'self-signed')).toMatch(/^failed expired/)
  expect(at(now + 99 * dayMs, 'self-signed')).toBe(
    'failed self-signed (issued by CA, valid until 2026-04-10)',
  )
  expect(at(Number.NaN, 'for another name')).toMatch(/valid until unknown\)$/)
})

/** Connects to a server that shows this certificate. */
function shown(
  certificate: { valid_to?: string; issuer?: unknown } | null,
  { error, silent = false, breaks }: { error?: unknown; silent?: boolean; breaks?: Error } = {},
) {
  const seen: { options?: unknown; destroyed: number } = { destroyed: 0 }
  const connect: ConnectTls = (options, listener) => {
    seen.options = options
    const socket = {
      authorized: error === undefined,
      authorizationError: error,
      getPeerCertificate: () => certificate,
      destroy: () => {
        seen.destroyed++
      },
      once: (event: 'error', tell: (error: Error) => void) =>
        event === 'error' && breaks && queueMicrotask(() => tell(breaks)),
      setTimeout: (_: number, tell: () => void) => silent && queueMicrotask(tell),
    }
    if (!silent && !breaks) queueMicrotask(listener)
    return socket
  }
  return { seen, of: (url: string): Promise<CertificateFacts> => certificateOf(url, connect, 5000) }
}

describe('the certificate that a server shows', () => {
  test('is asked for by the name of the host, and by none of an address', async () => {
    const options: unknown[] = []
    for (const url of [
      'https://radio.example',
      'https://radio.example:8443',
      'https://192.0.2.1',
      'https://[2001:db8::1]:8443',
      'https://relay1',
    ]) {
      const { seen, of } = shown({})
      await of(url)
      options.push(seen.options)
      expect(seen.destroyed).toBe(1)
    }
    const common = { rejectUnauthorized: false }
    expect(options).toEqual([
      { ...common, host: 'radio.example', port: 443, servername: 'radio.example' },
      { ...common, host: 'radio.example', port: 8443, servername: 'radio.example' },
      { ...common, host: '192.0.2.1', port: 443 },
      { ...common, host: '2001:db8::1', port: 8443 },
      { ...common, host: 'relay1', port: 443, servername: 'relay1' },
    ])
  })

  test('has its issuer and its end', async () => {
    const facts = (certificate: Parameters<typeof shown>[0]) => shown(certificate).of('https://a')
    const valid_to = 'Jan 1 00:00:00 2026 GMT'
    expect(await facts({ valid_to, issuer: { O: 'Org', CN: 'Name' } })).toEqual({
      issuer: 'Org',
      validUntilMs: now,
      problem: undefined,
    })
    expect((await facts({ issuer: { CN: 'Name' } })).issuer).toBe('Name')
    for (const issuer of [undefined, null, 'text', { O: 7 }])
      expect((await facts({ issuer })).issuer).toBe('an unknown issuer')
    expect(await facts(null)).toMatchObject({ issuer: 'an unknown issuer', validUntilMs: Number.NaN })
  })

  test('that is not accepted says why in plain words', async () => {
    const why = async (error: unknown) => (await shown({}, { error }).of('https://a')).problem
    const coded = (code: string, message: string) => Object.assign(new Error(message), { code })
    expect(await why('DEPTH_ZERO_SELF-SIGNED_CERT')).toBe('self-signed')
    expect(await why(new Error('self-signed certificate'))).toBe('self-signed')
    expect(await why(coded('ERR_TLS_CERT_ALTNAME_INVALID', 'Host'))).toBe('for another name')
    expect(await why(coded('UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'x'))).toBe('its chain is not complete')
    expect(await why(new Error('odd'))).toBe('not accepted (odd)')
    expect(await why('x'.repeat(500))).toBe(`not accepted (${'x'.repeat(100)})`)
  })

  test('cannot be told where nobody answers in time, or the connection breaks', async () => {
    const { seen, of } = shown({}, { silent: true })
    await expect(of('https://a')).rejects.toThrow('no answer within 5000 ms')
    expect(seen.destroyed).toBe(1)
    await expect(shown({}, { breaks: new Error('refused') }).of('https://a')).rejects.toThrow('refused')
  })
})
