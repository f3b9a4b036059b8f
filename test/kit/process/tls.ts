import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync } from 'node:fs'
import { request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A certificate for 127.0.0.1 that nobody trusts, made by openssl. */
export interface Certificate {
  certFile: string
  keyFile: string
}

export function makeCertificate(): Certificate {
  const folder = mkdtempSync(join(tmpdir(), 'tls-'))
  const certFile = join(folder, 'cert.pem')
  const keyFile = join(folder, 'key.pem')
  const subject = ['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1']
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', keyFile]
  execFileSync('openssl', ['req', '-x509', ...key, '-out', certFile, '-days', '2', ...subject], {
    stdio: 'ignore',
  })
  return { certFile, keyFile }
}

export interface HttpsServer {
  url: string
  close(): void
}

type Answer = (incoming: IncomingMessage, outgoing: ServerResponse) => void

/** Serves https on a free port of 127.0.0.1. */
export async function serveHttps({ certFile, keyFile }: Certificate, answer: Answer): Promise<HttpsServer> {
  const server = createServer({ cert: readFileSync(certFile), key: readFileSync(keyFile) }, answer)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close() {
      server.close()
      server.closeAllConnections()
    },
  }
}

/** What stands before an edge in production: takes https, asks the edge by http, and says so in `X-Forwarded-*`. */
export const proxyTo =
  (url: string): Answer =>
  (incoming, outgoing) => {
    const headers = {
      ...incoming.headers,
      'x-forwarded-proto': 'https',
      'x-forwarded-for': incoming.socket.remoteAddress ?? '',
    }
    const onward = httpRequest(url + incoming.url, { method: incoming.method, headers }, (answered) => {
      outgoing.writeHead(answered.statusCode ?? 502, answered.rawHeaders)
      answered.pipe(outgoing)
    })
    onward.on('error', () => outgoing.destroy())
    incoming.pipe(onward)
  }
