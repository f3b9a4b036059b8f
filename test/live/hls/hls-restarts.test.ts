import { statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished } from 'vitest'
import { numberedFrame } from '../../kit/audio/numbered-frames.ts'
import { numbersHeard } from '../../kit/audio/numbers-heard.ts'
import { type Programme, type Source, startSource } from '../../kit/audio/source.ts'
import { eventually, longPatienceMs } from '../../kit/base/eventually.ts'
import { HlsWatcher } from '../../kit/hls/hls-watcher.ts'
import { peer } from '../../kit/peers/peers.ts'
import { testFolder } from '../../kit/process/files.ts'
import { freePort } from '../../kit/process/ports.ts'
import { start } from '../../kit/process/process.ts'
import {
  masterAt,
  type Server,
  secrets,
  slaveOf,
  startEdge,
  startOrigin,
  startOriginAt,
} from '../../kit/process/runtimes.ts'

/** what ffmpeg prints while a master or its source is away */
const isExpected =
  /HTTP error 503|keepalive request failed|Failed to reload playlist|skipping \d+ segments ahead/

/**
 * ticks of 90 kHz by which ffmpeg's own times go back at the border of two segments, also of a steady stream: it reads MP3 in pieces of 1,024
 * bytes, and gives all frames of a piece the time of the segment that it reaches. So many frames of 192 bytes, of 24 ms, end in one.
 */
const borderTicks = Math.ceil(1023 / 192) * 0.024 * 90_000

function isAtBorder(line: string): boolean {
  const [, before, now] = /^.*Non-monotonous DTS .*previous: (\d+), current: (\d+);/.exec(line) ?? []
  return before !== undefined && Number(before) - Number(now) <= borderTicks
}

let n = 0
/** frames that go on under greater numbers at each source */
const numbered: Programme = { at: () => numberedFrame(n++), frameMs: (1152 * 1000) / 44_100 }
/** silence of 48 kHz and 64 kbit/s, and in AAC: other parameters, another format */
const mp3 = new Uint8Array(192)
mp3.set([0xff, 0xfb, 0x54, 0xc4])
const aac = new Uint8Array(16)
aac.set([0xff, 0xf1, 0x50, 0x80, 0x02, 0x1f, 0xfc])
const other: Programme = { at: () => mp3, frameMs: 24 }
const otherFormat: Programme = { at: () => aac, frameMs: 1024 / 44.1 }

peer('ffmpeg')(
  'playlists stay legal and players go on while the master restarts, its source comes back, changes bitrate, moves to another master, and changes format; a segment is the same at every server',
  async () => {
    const config = join(testFolder(), 'icecast.xml')
    writeFileSync(config, '<icecast><hls-segment>1</hls-segment><hls-window>12</hls-window></icecast>')
    const edge = await startEdge('bun')
    onTestFinished(() => edge.stop())
    const [port, otherPort] = [await freePort(), await freePort()]
    const flags = [...masterAt(edge), '--config', config]
    const startMaster = async (at: number) => {
      const started = await startOriginAt(at, 'node', flags)
      onTestFinished(() => started.stop())
      return started
    }
    let master = await startMaster(port)
    const slave = await startOrigin('bun', slaveOf(edge))
    onTestFinished(() => slave.stop())
    let source: Source | undefined
    const play = (server: Server, programme: Programme, contentType = 'audio/mpeg') => {
      source?.close()
      source = startSource({
        url: `${server.url}/live.mp3`,
        password: secrets.source,
        programme,
        contentType,
      })
    }
    onTestFinished(() => source?.close())
    play(master, numbered)

    const watch = (server: Server, session: string) => {
      const watcher = new HlsWatcher(
        `${server.url}/hls/live.mp3/media.m3u8?s=${session}`,
        `${server.url}/live.mp3.m3u8`,
      )
      onTestFinished(() => watcher.close())
      return watcher
    }
    const [atSlave, atMaster] = [watch(slave, 'watchesTheSlave_'), watch(master, 'watchesTheMaster')]
    await eventually(async () => (await fetch(`${slave.url}/hls/live.mp3/media.m3u8`)).ok)
    /** The watchers have some segments more than now. */
    const goOn = async (watchers: readonly HlsWatcher[], alsoIf = () => true) => {
      const before = watchers.map(({ heard }) => heard.at(-1)?.number ?? 0)
      await eventually(
        () => {
          for (const each of watchers) each.check()
          const isNew = (i: number) => (each: { number: number }) => each.number > (before[i] ?? 0)
          return watchers.every(({ heard }, i) => heard.filter(isNew(i)).length >= 4) && alsoIf()
        },
        { withinMs: longPatienceMs, everyMs: 100 },
      )
    }
    const both = [atSlave, atMaster]
    await goOn(both)
    master.program.kill('SIGKILL')
    await master.program.exited
    master = await startMaster(port)
    await goOn(both)

    // ffmpeg takes a 503 for the end, so it begins when the master is there again
    const packets = join(testFolder(), 'packets')
    const input = ['-nostdin', '-v', 'warning', '-i', `${slave.url}/live.mp3.m3u8`]
    const ffmpeg = start('ffmpeg', [...input, '-c', 'copy', '-f', 'framemd5', '-flush_packets', '1', packets])
    onTestFinished(() => ffmpeg.stop())
    const bytesOfFfmpeg = () => statSync(packets, { throwIfNoEntry: false })?.size ?? 0
    await eventually(() => bytesOfFfmpeg() > 0)
    /** … and ffmpeg some packets; on a busy machine a source may be away for so long that there is a 503. */
    const allGoOn = async (watchers: readonly HlsWatcher[]) => {
      const bytes = bytesOfFfmpeg()
      await goOn(watchers, () => bytesOfFfmpeg() > bytes || ffmpeg.output().includes('HTTP error 503'))
    }
    play(master, numbered)
    await allGoOn(both)
    const frames = Buffer.concat(atSlave.heard.map(({ bytes }) => bytes))
    play(master, other)
    await allGoOn(both)
    const second = await startMaster(otherPort)
    play(second, numbered)
    await allGoOn([atSlave])
    const told = ffmpeg.output().split('\n')
    expect(told.filter((line) => line !== '' && !isExpected.test(line) && !isAtBorder(line))).toEqual([])
    // ffmpeg refuses segments with another extension than its first ones
    await ffmpeg.stop()
    play(second, otherFormat, 'audio/aac')
    await goOn([atSlave])
    expect(atSlave.heard.at(-1)?.uri).toMatch(/\.aac$/)

    // every frame is heard once, and in order; what was sent while the master was away is missing
    const { numbers } = numbersHeard(frames, 0)
    expect(numbers.length).toBeGreaterThan(300)
    expect(numbers).toEqual([...new Set(numbers)].sort((a, b) => a - b))
    // times in segments never go back, and no segment begins before the last one ends: not at a discontinuity either
    for (const { heard } of [atSlave, atMaster])
      for (const [i, { uri, bytes }] of heard.entries()) {
        const last = heard[i - 1]
        if (!last) continue
        const ticks = Number(BigInt.asIntN(33, timestampOf(bytes) - timestampOf(last.bytes)))
        expect([uri, ticks + 1 - last.seconds * 90_000]).toEqual([
          uri,
          expect.toSatisfy((late: number) => late >= 0),
        ])
      }
    // on one timeline, times in segments go on as the dates of the playlist do, over a restart too
    for (const { heard } of [atSlave, atMaster])
      for (const [i, { uri, bytes, startMs, discontinuities }] of heard.entries()) {
        const last = heard[i - 1]
        if (last?.discontinuities !== discontinuities || !uri.endsWith('.mp3')) continue
        const ticks = Number(BigInt.asUintN(33, timestampOf(bytes) - timestampOf(last.bytes)))
        expect([uri, Math.abs(ticks / 90 - (startMs - last.startMs)) < 100]).toEqual([uri, true])
      }
    const bytesOf = new Map(atMaster.heard.map(({ uri, bytes }) => [uri, bytes]))
    const shared = atSlave.heard.filter(({ uri }) => bytesOf.has(uri))
    expect(shared.length).toBeGreaterThan(15)
    for (const { uri, bytes } of shared) expect([uri, bytes]).toEqual([uri, bytesOf.get(uri)])
    for (const status of [...atSlave.refusals, ...atMaster.refusals]) expect([404, 503]).toContain(status)
    atSlave.close()
    atMaster.close()
  },
)

/** The time in the tag at the head of a segment of packed audio (RFC 8216 §3.4). */
function timestampOf(segment: Uint8Array): bigint {
  const bytes = Buffer.from(segment)
  const owner = 'com.apple.streaming.transportStreamTimestamp\0'
  return bytes.readBigUInt64BE(bytes.indexOf(owner) + owner.length)
}
