import { copyFileSync, readFileSync, writeFileSync } from 'node:fs'
import { request } from 'node:https'
import { join } from 'node:path'
import { connect } from 'node:tls'
import { describe, expect, onTestFinished, test } from 'vitest'
import { numbersInOrder } from '../../kit/audio/numbered-frames.ts'
import { numbered, startSource } from '../../kit/audio/source.ts'
import { eventually } from '../../kit/base/eventually.ts'
import { peer } from '../../kit/peers/peers.ts'
import { testFolder } from '../../kit/process/files.ts'
import { freePort, freePortBlock } from '../../kit/process/ports.ts'
import { start } from '../../kit/process/process.ts'
import { originProgram } from '../../kit/process/programs.ts'
import { originRuntimes, secrets } from '../../kit/process/runtimes.ts'
import { makeCertificate } from '../../kit/process/tls.ts'
import { listenWhenServed } from '../../kit/wire/listener.ts'
import { exchange } from '../../kit/wire/raw.ts'

/** Serial number of the certificate that a port presents to a new connection. */
const serialAt = (port: number) =>
  new Promise<string>((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false }, () => {
      resolve(socket.getPeerCertificate().serialNumber)
      socket.destroy()
    })
    socket.on('error', reject)
  })

/** Listens over https, whatever the certificate. */
function listenSecurely(port: number) {
  const heard: Buffer[] = []
  let isClosed = false
  const options = { port, host: '127.0.0.1', path: '/live.mp3', rejectUnauthorized: false, agent: false }
  const asked = request(options, (answer) => {
    answer.on('data', (bytes: Buffer) => heard.push(bytes))
    answer.on('close', () => {
      isClosed = true
    })
  })
  asked.on('error', () => {
    isClosed = true
  })
  asked.end()
  onTestFinished(() => void asked.destroy())
  return { audio: () => Buffer.concat(heard), isClosed: () => isClosed }
}

describe.for(originRuntimes)('the sockets of an origin on %s', (runtime) => {
  test('several plain ones serve the same mounts', async () => {
    const port = await freePortBlock(2)
    const file = join(testFolder(), 'icecast.xml')
    const socket = (at: number) =>
      `<listen-socket><port>${at}</port><bind-address>127.0.0.1</bind-address></listen-socket>`
    writeFileSync(file, `<icecast>${socket(port)}${socket(port + 1)}</icecast>`)
    const program = start(runtime, [originProgram, '--config', file, '--source-password', secrets.source])
    onTestFinished(() => program.stop())
    await program.line(/"ready"/)
    const url = `http://127.0.0.1:${port}/live.mp3`
    const source = startSource({ url, password: secrets.source, programme: numbered })
    onTestFinished(() => source.close())
    const listener = await listenWhenServed(`http://127.0.0.1:${port + 1}/live.mp3`)
    await eventually(() => listener.bytesHeard > 0)
    listener.close()
  })

  test('of a file, one at an address of another machine, or without its certificate, is named and left out', async () => {
    const port = await freePort()
    const file = join(testFolder(), 'icecast.xml')
    const socket = (inner: string) => `<listen-socket><port>${port}</port>${inner}</listen-socket>`
    writeFileSync(
      file,
      `<icecast>${socket('<bind-address>127.0.0.1</bind-address>')}${socket('<bind-address>192.0.2.77</bind-address>')}
        ${socket('<bind-address>127.0.0.2</bind-address><ssl>1</ssl>')}
        <paths><ssl-certificate>/nowhere/cert.pem</ssl-certificate></paths></icecast>`,
    )
    const program = start(runtime, [originProgram, '--config', file])
    onTestFinished(() => program.stop())
    await program.line(/socket left out.*192\.0\.2\.77/)
    await program.line(/socket left out.*cannot read the certificate \/nowhere\/cert\.pem: /)
    await program.line(/"ready"/)
  })

  test('one that is in use stops the start, and is named', async () => {
    const port = await freePortBlock(2)
    const first = start(runtime, [originProgram, '--port', String(port + 1), '--bind', '127.0.0.1'])
    onTestFinished(() => first.stop())
    await first.line(/"ready"/)
    const file = join(testFolder(), 'icecast.xml')
    const socket = (at: number) =>
      `<listen-socket><port>${at}</port><bind-address>127.0.0.1</bind-address></listen-socket>`
    writeFileSync(file, `<icecast>${socket(port)}${socket(port + 1)}</icecast>`)
    const second = start(runtime, [originProgram, '--config', file])
    expect((await second.exited).code).toBe(1)
    expect(second.output()).toContain(String(port + 1))
  })

  peer('openssl')(
    'SIGHUP: a new certificate is used for new connections, a bad one is rejected, and no listener is dropped',
    async () => {
      const [before, after] = [makeCertificate(), makeCertificate()]
      const folder = testFolder()
      const certFile = join(folder, 'cert.pem')
      const keyFile = join(folder, 'key.pem')
      const put = (certificate: { certFile: string; keyFile: string }) => {
        copyFileSync(certificate.certFile, certFile)
        copyFileSync(certificate.keyFile, keyFile)
      }
      put(before)
      const port = await freePort()
      const tlsPort = await freePort()
      const tls = ['--tls-port', String(tlsPort), '--tls-cert', certFile, '--tls-key', keyFile]
      const plain = ['--port', String(port), '--bind', '127.0.0.1', '--source-password', secrets.source]
      const program = start(runtime, [originProgram, ...plain, ...tls])
      onTestFinished(() => program.stop())
      await program.line(/"ready"/)
      const url = `http://127.0.0.1:${port}/live.mp3`
      const source = startSource({ url, password: secrets.source, programme: numbered })
      onTestFinished(() => source.close())
      await (await listenWhenServed(url)).close()
      const listener = listenSecurely(tlsPort)
      await eventually(() => listener.audio().length > 0)
      const serial = await serialAt(tlsPort)

      put(after)
      program.signal('SIGHUP')
      const renewed = await eventually(async () => {
        const shown = await serialAt(tlsPort)
        return shown === serial ? undefined : shown
      })
      writeFileSync(certFile, 'no certificate')
      program.signal('SIGHUP')
      await program.line(/certificate not read again/)
      expect(await serialAt(tlsPort)).toBe(renewed)

      const heard = listener.audio().length
      await eventually(() => listener.audio().length > heard + 20_000)
      expect(listener.isClosed()).toBe(false)
      expect(numbersInOrder(listener.audio()).count).toBeGreaterThan(50)
    },
  )

  peer('openssl')(
    'icecast.xml: certificate and key are in one file, and plain and TLS side by side',
    async () => {
      const { certFile, keyFile } = makeCertificate()
      const folder = testFolder()
      const pem = join(folder, 'icecast.pem')
      writeFileSync(pem, `${readFileSync(certFile, 'utf8')}${readFileSync(keyFile, 'utf8')}`)
      const port = await freePortBlock(2)
      const file = join(folder, 'icecast.xml')
      writeFileSync(
        file,
        `<icecast>
        <listen-socket><port>${port}</port><bind-address>127.0.0.1</bind-address></listen-socket>
        <listen-socket><port>${port + 1}</port><bind-address>127.0.0.1</bind-address><ssl>1</ssl></listen-socket>
        <paths><ssl-certificate>${pem}</ssl-certificate></paths>
      </icecast>`,
      )
      const program = start(runtime, [originProgram, '--config', file])
      onTestFinished(() => program.stop())
      await program.line(/"ready"/)
      expect(await serialAt(port + 1)).toMatch(/^[0-9A-F]+$/)
      // docs/protocol.md#bounds: a connection without TLS is closed, and disturbs no other
      await exchange(port + 1, 'GET /status-json.xsl HTTP/1.0\r\n\r\n')
      expect(await serialAt(port + 1)).toMatch(/^[0-9A-F]+$/)
      expect(await exchange(port, 'GET /status-json.xsl HTTP/1.0\r\n\r\n')).toMatch(/^HTTP\/1\.0 200/)
    },
  )
})
