import { writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { eventually } from '../kit/eventually.ts'
import { testFolder } from '../kit/files.ts'
import { freePort } from '../kit/ports.ts'
import { start } from '../kit/process.ts'
import { type OriginRuntime, originRuntimes, secrets } from '../kit/runtimes.ts'
import { numbered, startSource } from '../kit/source.ts'

/** A directory that lists whatever it is told, and keeps the bodies. */
async function startDirectory() {
  const bodies: string[] = []
  const server = createServer((request, answer) => {
    let body = ''
    request.setEncoding('utf8').on('data', (text: string) => {
      body += text
    })
    request.on('end', () => {
      bodies.push(`${request.headers['content-type']} ${body}`)
      answer.writeHead(200, { YPResponse: '1', YPMessage: 'Added', SID: '42', TouchFreq: '200' }).end('ok')
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/cgi-bin/yp`, bodies }
}

/** What a directory is told of an origin's mount, from its listing to SIGTERM. */
async function announce(runtime: OriginRuntime): Promise<void> {
  const directory = await startDirectory()
  const port = await freePort()
  const file = join(testFolder(), 'icecast.xml')
  writeFileSync(
    file,
    `<icecast>
      <hostname>radio.example.org</hostname><limits><clients>60</clients></limits>
      <listen-socket><port>${port}</port><bind-address>127.0.0.1</bind-address></listen-socket>
      <directory><yp-url-timeout>5</yp-url-timeout><yp-url>${directory.url}</yp-url></directory>
    </icecast>`,
  )
  const flags = ['--config', file, '--source-password', secrets.source, '--grace', '1']
  const program = start(runtime, ['origin/main.ts', ...flags])
  onTestFinished(() => program.stop())
  await program.line(/"ready"/)
  const source = startSource({
    url: `http://127.0.0.1:${port}/live.mp3`,
    password: secrets.source,
    programme: numbered,
    headers: { 'Ice-Name': 'My Radio', 'Ice-Public': '1', 'Ice-Audio-Info': 'bitrate=128' },
  })
  onTestFinished(() => source.close())
  await eventually(() => directory.bodies.length === 2, { withinMs: 90_000 })
  program.signal('SIGTERM')
  expect(await program.exited).toEqual({ code: 0, signal: null })
  expect(directory.bodies).toEqual([
    `application/x-www-form-urlencoded action=add&sn=My%20Radio&genre=various&cpswd=&desc=Unspecified%20description&url=&listenurl=http%3a%2f%2fradio%2eexample%2eorg%3a${port}%2flive%2emp3&type=audio%2fmpeg&stype=&b=128&bitrate%3d128\r\n`,
    'application/x-www-form-urlencoded action=touch&sid=42&st=&listeners=0&max_listeners=60&stype=\r\n',
    'application/x-www-form-urlencoded action=remove&sid=42',
  ])
}

// a listing comes after a minute of playing, which no setting shortens: both runtimes wait for it at the same time
test('a public mount is listed, and taken off at SIGTERM, on Node and on Bun', {
  timeout: 120_000,
}, async () => {
  await Promise.all(originRuntimes.map(announce))
})
