import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gzipSync } from 'node:zlib'

/** A playlist of one segment, as our masters print it. */
export const goodPlaylist = [
  '#EXTM3U',
  '#EXT-X-VERSION:3',
  '#EXT-X-TARGETDURATION:4',
  '#EXT-X-MEDIA-SEQUENCE:5',
  '#EXT-X-DISCONTINUITY-SEQUENCE:0',
  '#EXTINF:4.000000,',
  '5.mp3',
  '',
].join('\n')

/** ms for which the answer about `/counted.mp3` is held back, so that all who ask at once wait for it */
const heldMs = 500
/** bytes that unpack from 64 kB */
const bombBytes = 67_108_864

/** What is wrong with the answers about a mount, by the mount's name. Those about `/counted.mp3` and `/guarded.mp3` are right. */
const answers: Record<string, (response: ServerResponse, self: HostileMaster, path: string) => void> = {
  '/garbage.mp3': (response) => response.end(Buffer.from([0, 1, 2, 254, 255])),
  '/html.mp3': (response) => response.end('<html><body>log in to the wifi</body></html>'),
  '/endless.mp3': (response, self) => {
    const more = () => {
      while (!response.destroyed && response.write('#EXTINF:4.000000,\n5.mp3\n'.repeat(1000)))
        self.sentEndlessly += 24_000
    }
    response.write('#EXTM3U\n#EXT-X-TARGETDURATION:4\n')
    response.on('drain', more)
    more()
  },
  '/longer.mp3': (response) => {
    // it says that more comes than does
    response.writeHead(200, { 'Content-Length': goodPlaylist.length + 1000 })
    response.write(goodPlaylist, () => response.destroy())
  },
  '/shorter.mp3': (response) => {
    response.socket?.end(`HTTP/1.1 200 OK\r\nContent-Length: 30\r\nConnection: close\r\n\r\n${goodPlaylist}`)
  },
  '/trickle.mp3': (response) => {
    let at = 0
    const ticking = setInterval(() => response.write(goodPlaylist[at++ % goodPlaylist.length]), 1000)
    response.on('close', () => clearInterval(ticking))
  },
  '/silent.mp3': () => {},
  '/circle.mp3': (response) => void response.writeHead(302, { Location: '/hls/circle.mp3/media.m3u8' }).end(),
  '/elsewhere.mp3': (response, self) =>
    void response.writeHead(302, { Location: `${self.trapUrl}/media.m3u8` }).end(),
  '/bomb.mp3': (response) => {
    response.writeHead(200, { 'Content-Encoding': 'gzip' })
    response.end(gzipSync(Buffer.alloc(bombBytes)))
  },
  '/error.mp3': (response) => void response.writeHead(500).end('oops'),
  '/counted.mp3': (response, _, path) => {
    setTimeout(() => response.end(path.endsWith('.m3u8') ? goodPlaylist : 'audio'), heldMs)
  },
  '/guarded.mp3': (response) => {
    response.writeHead(200, { 'Cache-Control': 'private, max-age=2' }).end(goodPlaylist)
  },
}

/** A master that answers requests for objects of HLS wrongly, each mount in another way. It lists its mounts, and plays none of them. */
export class HostileMaster {
  /** its mounts whose playlists nobody should pass on */
  readonly badMounts = Object.keys(answers).filter((name) => !/counted|guarded/.test(name))
  readonly mounts = Object.keys(answers)
  /** bytes that others have taken of a playlist that never ends */
  sentEndlessly = 0
  /** requests by path */
  readonly asked = new Map<string, number>()
  /** logins that were shown where no password belongs */
  readonly trapped: (string | undefined)[] = []
  #server = createServer((request, response) => this.#answer(request, response))
  #trap = createServer((request, response) => {
    this.trapped.push(request.headers.authorization)
    response.end(goodPlaylist.replace('5.mp3', 'http://elsewhere.example/5.mp3'))
  })

  async start(): Promise<void> {
    for (const server of [this.#server, this.#trap])
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  /** another server, of which nobody has told the cluster */
  get trapUrl(): string {
    return `http://127.0.0.1:${(this.#trap.address() as AddressInfo).port}`
  }

  close(): void {
    for (const server of [this.#server, this.#trap]) {
      server.closeAllConnections()
      server.close()
    }
  }

  #answer({ url = '' }: IncomingMessage, response: ServerResponse): void {
    response.on('error', () => {})
    if (url === '/admin/streamlist.txt') {
      response.end(this.mounts.map((mount) => `${this.url}${mount}\r\n`).join(''))
      return
    }
    this.asked.set(url, (this.asked.get(url) ?? 0) + 1)
    const [, mount = ''] = /^\/hls(\/[^/]+)\//.exec(url) ?? []
    const answer = answers[mount]
    if (answer) answer(response, this, url)
    else response.writeHead(404).end()
  }
}
