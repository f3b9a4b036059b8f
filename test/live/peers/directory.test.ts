import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished } from 'vitest'
import { numbered, startSource } from '../../kit/audio/source.ts'
import { eventually, longPatienceMs } from '../../kit/base/eventually.ts'
import { type RivalName, rivalNames, startRival } from '../../kit/cluster/rivals.ts'
import { peer } from '../../kit/peers/peers.ts'
import { secrets } from '../../kit/process/runtimes.ts'

/** A directory that accepts every listing, and records the bodies. */
async function startDirectory() {
  const bodies: string[] = []
  const server = createServer((request, answer) => {
    let body = ''
    request.setEncoding('utf8').on('data', (text: string) => {
      body += text
    })
    request.on('end', () => {
      bodies.push(`${request.headers['content-type']} ${body}`)
      answer.writeHead(200, { YPResponse: '1', YPMessage: 'Added', SID: '4-2', TouchFreq: '200' }).end('ok')
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/cgi-bin/yp`, bodies }
}

/** Requests to a directory about a server's public mount, from its listing until the source has ended. */
async function announced(rival: RivalName): Promise<string[]> {
  const directory = await startDirectory()
  const elements = `<directory><yp-url-timeout>5</yp-url-timeout><yp-url>${directory.url}</yp-url></directory>`
  const server = await startRival(rival, { elements })
  onTestFinished(() => server.stop())
  const source = startSource({
    url: `${server.url}/live.mp3`,
    password: secrets.source,
    programme: numbered,
    headers: {
      'Ice-Name': 'This & That', // ASCII only: Icecast treats UTF-8 as latin1 and encodes it twice
      'Ice-Public': '1',
      'Ice-Genre': 'Pop/Rock',
      'Ice-Url': 'http://radio.example.org/?a=b',
      'Ice-Audio-Info': 'ice-samplerate=44100;ice-bitrate=128',
      'Ice-Bitrate': '128',
    },
  })
  onTestFinished(() => source.close())
  await eventually(() => directory.bodies.length === 2, { withinMs: longPatienceMs })
  source.close()
  await eventually(() => directory.bodies.length === 3)
  return directory.bodies.map((body) => body.replaceAll(String(server.port), 'PORT'))
}

// a listing is sent after a minute of playing, which no setting shortens: all servers wait for it at the same time
peer('icecast2')(
  'a directory gets the same requests, byte for byte, from Icecast 2.4.4 and from an origin: added, touched, removed',
  async () => {
    const [theirs = [], ...ours] = await Promise.all(rivalNames.map(announced))
    expect(theirs[0]).toMatch(/^application\/x-www-form-urlencoded action=add&sn=/)
    for (const each of ours) expect(each).toEqual(theirs)
  },
  150_000,
)
