import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { connect as connectTls } from 'node:tls'
import { describe, expect, onTestFinished, test } from 'vitest'
import { createConfig } from '../../../origin/config/config.ts'
import { parseIcecastXml } from '../../../origin/config/xml/icecast-xml.ts'
import { Programs } from '../../../origin/process/programs.ts'
import { basic, numbered, type Source, startSource } from '../../kit/audio/source.ts'
import { eventually } from '../../kit/base/eventually.ts'
import { startRival } from '../../kit/cluster/rivals.ts'
import { mountOf } from '../../kit/parts/reports.ts'
import { peer } from '../../kit/peers/peers.ts'
import { testFolder } from '../../kit/process/files.ts'
import { freePort } from '../../kit/process/ports.ts'
import { originRuntimes, type Server, secrets } from '../../kit/process/runtimes.ts'
import { makeCertificate } from '../../kit/process/tls.ts'
import { listen } from '../../kit/wire/listener.ts'
import { exchange } from '../../kit/wire/raw.ts'

async function play(server: Server, path: string): Promise<Source> {
  const source = startSource({ url: server.url + path, password: secrets.source, programme: numbered })
  onTestFinished(() => source.close())
  await eventually(() => source.isPlaying && source.sent > 10)
  return source
}

/** A program that records its arguments and its environment. */
function diary() {
  const folder = testFolder()
  const [program, file] = [join(folder, 'program'), join(folder, 'diary')]
  writeFileSync(program, `#!/bin/sh\necho "$# $1 \${ORIGIN_ADMIN_PASSWORD:-none} $MARK" >> ${file}\n`)
  chmodSync(program, 0o755)
  // whole ones: the shell opens the file before it writes
  const lines = () => (existsSync(file) ? readFileSync(file, 'utf8').split('\n').slice(0, -1) : [])
  return { program, lines }
}

/** The bytes that a server sends to a connection from this loopback address before it closes. */
const askFrom = (server: Server, localAddress: string) =>
  new Promise<string>((resolve) => {
    let heard = ''
    const socket = connect({ port: server.port, host: '127.0.0.1', localAddress })
    socket.on('data', (bytes) => {
      heard += bytes
    })
    socket.on('error', () => socket.destroy())
    socket.on('close', () => resolve(heard))
    socket.write('GET /healthz HTTP/1.0\r\n\r\n')
  })

describe.for(originRuntimes)("an operator's files and programs at an origin on %s", (runtime) => {
  const startWith = async (elements: string) => {
    const server = await startRival(runtime, { elements })
    onTestFinished(() => server.stop())
    return server
  }

  test('deny-ip: a denied address is closed without an answer, others are served', async () => {
    const file = join(testFolder(), 'deny')
    writeFileSync(file, '# a neighbour\n127.0.0.2\n127.1.0.0/16\n')
    const server = await startWith(`<paths><deny-ip>${file}</deny-ip></paths>`)
    expect(await askFrom(server, '127.0.0.2')).toBe('')
    expect(await askFrom(server, '127.1.2.3')).toBe('')
    expect(await askFrom(server, '127.0.0.3')).toContain('200 OK')
  })

  peer('openssl')('deny-ip: with TLS a denied address gets no handshake', async () => {
    const file = join(testFolder(), 'deny')
    writeFileSync(file, '127.0.0.2\n')
    const { certFile, keyFile } = makeCertificate()
    const pem = join(testFolder(), 'pem')
    writeFileSync(pem, readFileSync(certFile, 'utf8') + readFileSync(keyFile, 'utf8'))
    const port = await freePort()
    await startWith(
      `<listen-socket><port>${port}</port><bind-address>127.0.0.1</bind-address><ssl>1</ssl></listen-socket>
       <paths><deny-ip>${file}</deny-ip><ssl-certificate>${pem}</ssl-certificate></paths>`,
    )
    const handshake = (localAddress: string) =>
      new Promise<boolean>((resolve) => {
        const raw = connect({ port, host: '127.0.0.1', localAddress })
        const socket = connectTls({ socket: raw, rejectUnauthorized: false })
        onTestFinished(() => void raw.destroy())
        socket.once('secureConnect', () => resolve(true))
        for (const end of ['error', 'close']) socket.on(end, () => resolve(false))
      })
    expect(await handshake('127.0.0.3')).toBe(true)
    expect(await handshake('127.0.0.2')).toBe(false)
  })

  test('allow-ip: only the listed addresses are served', async () => {
    const file = join(testFolder(), 'allow')
    writeFileSync(file, '127.0.0.1\n127.0.7.*\n')
    const server = await startWith(`<paths><allow-ip>${file}</allow-ip></paths>`)
    expect(await askFrom(server, '127.0.7.9')).toContain('200 OK')
    expect(await askFrom(server, '127.0.0.3')).toBe('')
  })

  test('on-connect and on-disconnect: programs run with the mount as their only argument', async () => {
    const { program, lines } = diary()
    const server = await startWith(
      `<mount><mount-name>/on;air $HOME</mount-name><on-connect>${program}</on-connect>
       <on-disconnect>${program}</on-disconnect></mount>
       <mount><mount-name>/broken</mount-name><on-connect>${program}-absent</on-connect></mount>`,
    )
    const source = await play(server, '/on;air%20$HOME')
    await eventually(() => lines().length === 1)
    source.close()
    await eventually(() => lines().length === 2)
    for (const line of lines()) expect(line).toMatch(/^1 \/on;air \$HOME none/)
    await play(server, '/broken')
    await eventually(() => server.program.output().includes(`${program}-absent`))
  })

  test('http-headers: on every answer of their status, for the server and for the mount', async () => {
    const server = await startWith(
      `<http-headers>
         <header name="X-Server" value="all"/><header name="X-Found" value="yes" status="2*"/>
         <header name="Access-Control-Allow-Origin" value="https://radio.example"/>
       </http-headers>
       <mount><mount-name>/live</mount-name><http-headers>
         <header name="X-Server" value="mount"/><header name="X-Mount" value="live" status="200"/>
       </http-headers></mount>`,
    )
    await play(server, '/live')
    const heard = await listen(`${server.url}/live`)
    onTestFinished(() => heard.close())
    expect(Object.fromEntries(heard.headers)).toMatchObject({
      'x-server': 'mount',
      'x-found': 'yes',
      'x-mount': 'live',
      'access-control-allow-origin': 'https://radio.example',
    })
    const ask = (line: string) => exchange(server.port, `${line}\r\n\r\n`)
    const missing = await ask('GET /absent HTTP/1.1')
    expect(missing).toMatch(/^HTTP\/1\.1 404/)
    expect(missing).toContain('\r\nX-Server: all\r\n')
    expect(missing).not.toContain('X-Found')
    expect(missing.match(/access-control-allow-origin/gi)).toHaveLength(1)
    const refused = await ask('PUT /live HTTP/1.1\r\nContent-Type: audio/mpeg')
    expect(refused).toMatch(/^HTTP\/1\.0 401/)
    expect(refused).toContain('\r\nX-Server: mount\r\n')
    expect(await ask('GET /status-json.xsl HTTP/1.1')).toContain('\r\nX-Found: yes\r\n')
    expect(await ask('OPTIONS /live HTTP/1.1')).toContain('\r\nX-Server: all\r\n')
  })

  test("Apache's htpasswd makes files that work: with SHA-512, SHA-256, and its own MD5", async () => {
    const file = join(testFolder(), 'users')
    // as `htpasswd -5`, `-2` and `-m` print them
    writeFileSync(
      file,
      [
        'ann:$6$abcdefgh$hvRaSa6ihMRgWptz15dkwuPs7XeH63RZynZwuZKUBTxYZIEAlT/upAFeo8zw3WtcltY4XIuAwc9knc7bj2ao60',
        'eve:$5$abcdefgh$IIOlsLmi5rwO9Fs5WXanH9803sSDJTtrd3gvNYjpfw8',
        'bob:$apr1$abcdefgh$7SpeIQX./VyjuYhjLrw0b.',
      ].join('\n'),
    )
    const server = await startWith(
      `<mount><mount-name>/live</mount-name><authentication type="htpasswd">
        <option name="filename" value="${file}"/></authentication></mount>`,
    )
    await play(server, '/live')
    const password = 'pässword and a long one that is longer than sixteen'
    for (const user of ['ann', 'eve', 'bob']) {
      const heard = await listen(`${server.url}/live`, { headers: { Authorization: basic(user, password) } })
      onTestFinished(() => heard.close())
      expect(heard.status, user).toBe(200)
      await eventually(() => heard.bytesHeard > 5000)
    }
    expect(await exchange(server.port, 'GET /live HTTP/1.0\r\n\r\n')).toContain('401')
  })
})

test("a program of on-connect has the server's environment, without its passwords", async () => {
  const { program, lines } = diary()
  const xml = `<icecast><mount><mount-name>/m</mount-name><on-connect>${program}</on-connect></mount></icecast>`
  const config = createConfig({ flags: {}, environment: {}, file: parseIcecastXml(xml) })
  const programs = new Programs(config, { ...process.env, ORIGIN_ADMIN_PASSWORD: 'secret', MARK: 'ours' })
  programs.mountBegan(mountOf('/m'))
  programs.mountEnded(mountOf('/m'))
  programs.mountBegan(mountOf('/other'))
  await eventually(() => lines().length === 1)
  expect(lines()).toEqual(['1 /m none ours'])
})
