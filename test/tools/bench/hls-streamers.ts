import { mkdirSync, mkdtempSync, renameSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import { numbered, startSource } from '../../kit/audio/source.ts'
import { eventually } from '../../kit/base/eventually.ts'
import { freePort } from '../../kit/process/ports.ts'
import { start } from '../../kit/process/process.ts'
import { asPackaged, type OriginRuntime, secrets, startOrigin } from '../../kit/process/runtimes.ts'
import { HeadStart } from '../load/hls/head-start.ts'
import { pin, usageOf } from './processes.ts'
import { mount, type Streamer } from './streamers.ts'

/** A server whose mount has as many segments as it keeps. */
export interface HlsStreamer extends Streamer {
  /** bytes of memory before its mount was packaged */
  idleBytes: number
}

/** the processor of what is measured, and that of everything else */
export const serverCpu = 0
export const loadCpu = 1

/** more than any crowd: one address may have a quarter of a server's listeners */
const listenersMax = 16_000
/** ms for which the source plays ten times as fast, so that two playlists' length of segments are there */
const fillMs = 14_000
/** ms between two looks of the copy that nginx serves */
const copyMs = 500

/** An origin on a processor of its own, with a source of 128 kbit/s, packaged for as long as it keeps segments. */
export async function startHlsOrigin(runtime: OriginRuntime, cpu = serverCpu): Promise<HlsStreamer> {
  const origin = await startOrigin(runtime, ['--max-listeners', String(listenersMax)])
  const group = origin.program.pid
  pin(group, cpu)
  const clock = new HeadStart(fillMs)
  const source = startSource({
    url: origin.url + mount,
    password: secrets.source,
    programme: numbered,
    nowMs: clock.nowMs,
  })
  const stop = async () => {
    source.close()
    await origin.stop()
  }
  try {
    await eventually(() => source.sent > 200)
    const idleBytes = usageOf(group).residentBytes
    await eventually(async () => (await fetch(mediaUrl(origin.url))).ok)
    clock.begin()
    await wait(fillMs)
    return { port: origin.port, group, idleBytes, stop }
  } catch (problem) {
    await stop()
    throw problem
  }
}

const mediaUrl = (url: string) => `${url}/hls${mount}/media.m3u8`

/** nginx with one worker, and the same objects as files: a program copies them from an origin as it makes them. */
export async function startHlsNginx(): Promise<HlsStreamer> {
  const origin = await startHlsOrigin('node', loadCpu)
  const folder = mkdtempSync(join(tmpdir(), 'nginx-hls-'))
  const copy = new Copy(`http://127.0.0.1:${origin.port}`, (path, bytes) =>
    writeWhole(join(folder, 'www', path), bytes),
  )
  await copy.look()
  const copying = setInterval(() => copy.look().catch(() => {}), copyMs)
  const port = await freePort()
  const file = join(folder, 'nginx.conf')
  writeFileSync(file, configuration(port, folder))
  const nginx = start('nginx', ['-c', file, '-p', folder, '-e', `${folder}/error.log`])
  const stop = async () => {
    clearInterval(copying)
    await Promise.all([nginx.stop(), origin.stop()])
  }
  try {
    await eventually(async () => (await fetch(mediaUrl(`http://127.0.0.1:${port}`))).ok)
    pin(nginx.pid, serverCpu)
    return { port, group: nginx.pid, idleBytes: usageOf(nginx.pid).residentBytes, stop }
  } catch (problem) {
    await stop()
    throw new Error(nginx.output(), { cause: problem })
  }
}

/** As in Debian, without a log, and with playlists that are packed beforehand: its least work. */
const configuration = (port: number, folder: string) => `
  daemon off; worker_processes 1; worker_rlimit_nofile 20000; pid ${folder}/pid; error_log ${folder}/error.log crit;
  ${process.getuid?.() === 0 ? 'user root;' : ''}
  events { worker_connections 16384; }
  http {
    access_log off; keepalive_requests 1000000000; keepalive_timeout 75s; sendfile on; tcp_nopush on; gzip_static on;
    client_body_temp_path ${folder}; proxy_temp_path ${folder}; fastcgi_temp_path ${folder};
    uwsgi_temp_path ${folder}; scgi_temp_path ${folder};
    types { application/vnd.apple.mpegurl m3u8; audio/mpeg mp3; }
    server {
      listen 127.0.0.1:${port} backlog=4096; root ${folder}/www;
      add_header Access-Control-Allow-Origin "*"; add_header Access-Control-Expose-Headers "*";
      add_header Cache-Control "max-age=2";
    }
  }`

/** The least program that serves HLS on a runtime: it holds whole answers, which the copying program brings as an origin makes them. */
export async function startBareHls(runtime: OriginRuntime): Promise<HlsStreamer> {
  const origin = await startHlsOrigin('node', loadCpu)
  const port = await freePort()
  const bare = start(runtime, ['test/tools/bench/bare-hls.ts', String(port)], { env: asPackaged })
  const copy = new Copy(`http://127.0.0.1:${origin.port}`, async (path, bytes) => {
    const isPacked = path.endsWith('.gz')
    await put(port, isPacked ? path.slice(0, -'.gz'.length) : path, answerWith(bytes, isPacked))
  })
  let copying: NodeJS.Timeout | undefined
  const stop = async () => {
    clearInterval(copying)
    await Promise.all([bare.stop(), origin.stop()])
  }
  try {
    await bare.line(/ready/)
    pin(bare.pid, serverCpu)
    const { residentBytes } = usageOf(bare.pid)
    await copy.look()
    copying = setInterval(() => copy.look().catch(() => {}), copyMs)
    return { port, group: bare.pid, idleBytes: residentBytes, stop }
  } catch (problem) {
    await stop()
    throw new Error(bare.output(), { cause: problem })
  }
}

/** An answer with as many headers as an origin's. */
const answerWith = (body: Uint8Array, isPacked: boolean) =>
  Buffer.concat([
    Buffer.from(
      `HTTP/1.1 200 OK\r\nServer: bare\r\nConnection: keep-alive\r\nDate: ${new Date().toUTCString()}\r\n` +
        `Cache-Control: max-age=2\r\nAccess-Control-Allow-Origin: *\r\nAccess-Control-Expose-Headers: *\r\n` +
        `${isPacked ? 'Content-Encoding: gzip\r\n' : ''}Content-Length: ${body.length}\r\n\r\n`,
    ),
    body,
  ])

/** Brings an answer; resolves when it is kept. */
const put = (port: number, path: string, answer: Uint8Array) =>
  new Promise<void>((resolve, reject) => {
    const socket = connect(port, '127.0.0.1')
    socket.on('error', reject).on('close', () => resolve())
    socket.resume()
    socket.write(`PUT ${path} HTTP/1.1\r\n\r\n`)
    socket.end(answer)
  })

/** Nobody reads half a file. */
async function writeWhole(file: string, content: Uint8Array): Promise<void> {
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(`${file}.new`, content)
  renameSync(`${file}.new`, file)
}

/** Copies the newest playlist of an origin, and its segments. */
class Copy {
  #url: string
  #write: (path: string, bytes: Uint8Array) => Promise<void>
  #known = new Set<string>()
  #newest = ''

  constructor(url: string, write: (path: string, bytes: Uint8Array) => Promise<void>) {
    this.#url = url
    this.#write = write
  }

  async look(): Promise<void> {
    const playlist = await (await fetch(mediaUrl(this.#url))).text()
    if (playlist === this.#newest) return
    if (this.#newest === '') {
      const variant = '#EXT-X-STREAM-INF:BANDWIDTH=128000,CODECS="mp4a.40.34"'
      const text = `#EXTM3U\n#EXT-X-VERSION:6\n${variant}\n/hls${mount}/media.m3u8\n`
      await this.#write(`${mount}.m3u8`, Buffer.from(text))
    }
    for (const name of playlist.match(/^\d+\.mp3$/gm) ?? []) {
      if (this.#known.has(name)) continue
      const segment = await fetch(`${this.#url}/hls${mount}/${name}`)
      await this.#write(`/hls${mount}/${name}`, new Uint8Array(await segment.arrayBuffer()))
      this.#known.add(name)
    }
    await this.#write(`/hls${mount}/media.m3u8`, Buffer.from(playlist))
    await this.#write(`/hls${mount}/media.m3u8.gz`, gzipSync(playlist))
    this.#newest = playlist
  }
}
