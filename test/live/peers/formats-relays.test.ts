import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, onTestFinished } from 'vitest'
import { expectSameStream } from '../../kit/audio/streams.ts'
import { eventually } from '../../kit/base/eventually.ts'
import { Together } from '../../kit/base/together.ts'
import { containers, type EncoderFormat, encode, startEncoder } from '../../kit/peers/encoder.ts'
import { startIcecast } from '../../kit/peers/icecast.ts'
import { absentOf, peer } from '../../kit/peers/peers.ts'
import { stock, stockCommand, stockNames } from '../../kit/peers/stock.ts'
import { suiteFolder } from '../../kit/process/files.ts'
import { type Program, start } from '../../kit/process/process.ts'
import { originRuntimes, type Server, secrets, startOrigin } from '../../kit/process/runtimes.ts'
import { type Link, openLink } from '../../kit/wire/link.ts'
import { type Listener, listenWhenServed } from '../../kit/wire/listener.ts'

const heard = (listener: Listener, bytes: number) => eventually(() => listener.bytesHeard > bytes)
const toneAt = (i: number) => `/tone${i}`

/**
 * bytes of a burst: three seconds of each format or more, in which a relay has to be back, since it misses what is older. FLAC is at a low
 * rate for that: at 48 kHz it makes 190 kB a second.
 */
const burstBytes = 131_072
const lowRate = ['-ar', '16000', '-ac', '1']
const formats = containers.map(
  ([name, type, flags]): EncoderFormat => [name, type, name === 'Ogg FLAC' ? [...lowRate, ...flags] : flags],
)
/** bytes after which the line is cut: beyond the burst, so that the header is not part of the bytes that both connections have */
const cutAfter = [150_000, 190_000]
/** bytes that are heard in the end */
const heardBytes = 280_000

/** Two listeners of one mount: at its master, and at a slave whose line is cut. */
interface Heard {
  early: Listener
  listener: Listener
}

describe.for(originRuntimes)('relays of Ogg and WebM on %s', (runtime) => {
  const file = join(suiteFolder(), 'icecast.xml')
  writeFileSync(file, `<icecast><limits><burst-size>${burstBytes}</burst-size></limits></icecast>`)
  let master: Server
  let link: Link
  let slave: Server
  const encoders: Program[] = []
  /** what was heard of each format, at the master and over the cuts: they are played and cut together */
  const heardOf = new Together<Heard[]>()
  beforeAll(async () => {
    master = await startOrigin(runtime, ['--config', file])
    link = await openLink(master.port)
    slave = await startOrigin(runtime, ['--master', link.url, '--update-interval', '1'])
    if (absentOf(['ffmpeg']).length > 0) return
    for (const [i, format] of formats.entries()) encoders.push(startEncoder(master.url + toneAt(i), format))
    heardOf.begin('all formats', hearOverCuts())
  })
  afterAll(async () => {
    await Promise.all(encoders.map((encoder) => encoder.stop()))
    link?.close()
    await Promise.all([slave?.stop(), master?.stop()])
  })

  /** how often the relay of a mount has begun */
  const runsOf = (mount: string) =>
    slave.program
      .output()
      .split('\n')
      .filter((line) => line.includes('"relay runs"') && line.includes(`"${mount}"`)).length

  async function hearOverCuts(): Promise<Heard[]> {
    const mounts = formats.map((_, i) => toneAt(i))
    const all = await Promise.all(
      mounts.map(async (mount) => ({
        early: await listenWhenServed(master.url + mount),
        listener: await listenWhenServed(slave.url + mount),
      })),
    )
    const allHeard = (bytes: number) => Promise.all(all.map(({ listener }) => heard(listener, bytes)))
    for (const [cuts, bytes] of cutAfter.entries()) {
      await allHeard(bytes)
      link.cut()
      await Promise.all(mounts.map((mount) => eventually(() => runsOf(mount) === cuts + 2)))
    }
    await allHeard(heardBytes)
    for (const { early, listener } of all) {
      listener.close()
      await heard(early, listener.bytesHeard)
      early.close()
    }
    return all
  }

  for (const [i, [name]] of formats.entries())
    peer('ffmpeg')(`${name}: the line to the master is cut, and no byte is lost or repeated`, async () => {
      const { early, listener } = (await heardOf.of('all formats'))[i] ?? {}
      if (!early || !listener) throw new Error('nobody listened')
      expectSameStream(early.audio(), listener.audio())
      expect(runsOf(toneAt(i))).toBe(3)
    })

  const vorbis = containers[1]
  for (const name of stockNames) {
    stock(name, 'ffmpeg')(`Ogg from ${name} is decoded at our slave`, async () => {
      const { source: sourcePassword, relay: relayPassword } = secrets
      const master = await startIcecast({ command: stockCommand(name), sourcePassword, relayPassword })
      onTestFinished(() => master.stop())
      encode(`${master.url}/tone.ogg`, vorbis)
      const slave = await startOrigin(runtime, ['--master', master.url, '--update-interval', '1'])
      onTestFinished(() => slave.stop())
      await expectDecoded(`${slave.url}/tone.ogg`)
    })

    stock(name, 'ffmpeg')(`Ogg from our master is decoded at ${name} that relays it`, async () => {
      const master = await startOrigin(runtime)
      onTestFinished(() => master.stop())
      encode(`${master.url}/tone.ogg`, vorbis)
      await listenWhenServed(`${master.url}/tone.ogg`).then((listener) => listener.close())
      const slave = await startIcecast({
        command: stockCommand(name),
        master: { port: master.port, password: secrets.relay, updateIntervalS: 15 },
      })
      onTestFinished(() => slave.stop())
      await expectDecoded(`${slave.url}/tone.ogg`)
    })
  }
})

/** Waits until a mount has more than its burst, and decodes some seconds from there. */
async function expectDecoded(url: string): Promise<void> {
  const early = await listenWhenServed(url)
  await heard(early, 100_000)
  early.close()
  const player = start('ffmpeg', ['-v', 'error', '-i', url, '-t', '5', '-f', 'null', '-'])
  onTestFinished(() => player.stop())
  expect((await player.exited).code, player.output()).toBe(0)
  expect(player.output()).toBe('')
}
