import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, onTestFinished } from 'vitest'
import { eventually } from '../kit/eventually.ts'
import { suiteFolder, testFolder } from '../kit/files.ts'
import { fixture, pagesOf } from '../kit/fixtures.ts'
import { readMultivariant } from '../kit/hls-readers.ts'
import { peer } from '../kit/peers.ts'
import { start } from '../kit/process.ts'
import { type Server, secrets, slaveOf, startOrigin } from '../kit/runtimes.ts'
import { startSource } from '../kit/source.ts'

const pageMs = 200
/** s that players play: some segments of one second */
const playedSeconds = 5

/** Half a minute of noise, in which no stretch comes twice. */
function encoded(codec: string): Buffer {
  const sound = [
    '-f',
    'lavfi',
    '-i',
    'anoisesrc=duration=30:sample_rate=48000:amplitude=0.3:seed=7',
    '-ac',
    '2',
  ]
  const flags = [
    '-c:a',
    codec,
    '-page_duration',
    String(pageMs * 1000),
    '-metadata',
    'title=One',
    '-f',
    'ogg',
  ]
  return execFileSync('ffmpeg', ['-v', 'error', ...sound, ...flags, '-'], { maxBuffer: 1 << 26 })
}

/** Size and hash of each packet that ffmpeg reads, one a line. */
const packetsIn = (framemd5: string) =>
  framemd5
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.split(',').slice(4, 6).join().trim())
    .join('\n')

let master: Server
let slave: Server
beforeAll(async () => {
  const folder = suiteFolder()
  const config = join(folder, 'icecast.xml')
  writeFileSync(config, '<icecast><hls-segment>1</hls-segment></icecast>')
  master = await startOrigin('node', ['--config', config])
  slave = await startOrigin('node', slaveOf(master))
})
afterAll(async () => {
  await slave?.stop()
  await master?.stop()
})

/** Sends a file's pages in time, over and over. */
function play(mount: string, file: Buffer): void {
  const pages = pagesOf(file).map((at, page, all) => file.subarray(at, all[page + 1] ?? file.length))
  const programme = { at: (n: number) => pages[n % pages.length] ?? new Uint8Array(), frameMs: pageMs }
  const url = master.url + mount
  const source = startSource({ url, password: secrets.source, programme, contentType: 'audio/ogg' })
  onTestFinished(() => source.close())
}

/** What ffmpeg hears: packets as they come, decoded samples, and errors. ffmpeg 5.1 warns that it skips a repeated initialization segment. */
async function listen(server: Server, mount: string) {
  const folder = testFolder()
  const [packets, samples] = [join(folder, 'packets'), join(folder, 'samples')]
  const input = ['-nostdin', '-v', 'error', '-i', `${server.url}${mount}.m3u8`, '-t', `${playedSeconds}`]
  const outputs = ['-c', 'copy', '-f', 'framemd5', packets, '-t', `${playedSeconds}`, '-f', 's16le', samples]
  const player = start('ffmpeg', [...input, ...outputs])
  onTestFinished(() => player.stop())
  expect((await player.exited).code, player.output()).toBe(0)
  return {
    output: player.output(),
    packets: packetsIn(readFileSync(packets, 'utf8')),
    samples: readFileSync(samples),
  }
}

describe.each([
  { codec: 'libopus', name: 'opus', codecs: 'opus' },
  { codec: 'flac', name: 'flac', codecs: 'fLaC' },
])('$name in Ogg by HLS', ({ codec, name, codecs }) => {
  const file = encoded(codec)
  const mount = `/live-${name}.ogg`

  peer('ffmpeg')(
    'is played by ffmpeg from master and slave: each packet once, in order; the samples are those of the source',
    async () => {
      const source = join(testFolder(), 'source.ogg')
      writeFileSync(source, file)
      const expected = packetsIn(
        execFileSync('ffmpeg', ['-v', 'error', '-i', source, '-c', 'copy', '-f', 'framemd5', '-'], {
          encoding: 'utf8',
        }),
      )
      play(mount, file)
      await eventually(async () => (await fetch(`${slave.url}${mount}.m3u8`)).status === 200)
      await eventually(async () => {
        const { variants } = readMultivariant(await (await fetch(`${master.url}${mount}.m3u8`)).text())
        return variants[0]?.codecs === codecs
      })
      for (const heard of await Promise.all([listen(master, mount), listen(slave, mount)])) {
        expect(heard.output).toBe('')
        expect(heard.packets.split('\n').length).toBeGreaterThan(40)
        expect(expected.includes(heard.packets)).toBe(true)
        if (name === 'opus') continue // a decoder of Opus needs some packets until it is exact
        const samples = execFileSync('ffmpeg', ['-v', 'error', '-i', source, '-f', 's16le', '-'], {
          maxBuffer: 1 << 26,
        })
        expect(heard.samples.length).toBeGreaterThan((playedSeconds - 1) * 48_000 * 4)
        expect(samples.includes(heard.samples)).toBe(true)
      }
    },
  )
})

peer('ffmpeg')('a Vorbis mount has no playlists, and the master says why', async () => {
  const mount = '/live-vorbis.ogg'
  play(mount, fixture('vorbis.ogg'))
  for (const path of [`${mount}.m3u8`, `/hls${mount}/media.m3u8`])
    await eventually(async () => {
      const answer = await fetch(master.url + path)
      expect([answer.status, await answer.text()]).toEqual([404, expect.stringContaining('Vorbis')])
      return true
    })
  expect((await fetch(`${slave.url}/hls${mount}/media.m3u8`)).status).toBe(404)
})
