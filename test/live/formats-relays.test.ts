import { afterAll, beforeAll, describe, expect, onTestFinished } from 'vitest'
import { containers, encode } from '../kit/encoder.ts'
import { eventually } from '../kit/eventually.ts'
import { startIcecast } from '../kit/icecast.ts'
import { type Link, openLink } from '../kit/link.ts'
import { type Listener, listenWhenServed } from '../kit/listener.ts'
import { peer } from '../kit/peers.ts'
import { start } from '../kit/process.ts'
import { originRuntimes, type Server, secrets, startOrigin } from '../kit/runtimes.ts'
import { stock, stockCommand, stockNames } from '../kit/stock.ts'
import { expectSameStream } from '../kit/streams.ts'

const heard = (listener: Listener, bytes: number) => eventually(() => listener.bytesHeard > bytes)

describe.for(originRuntimes)('relays of Ogg and WebM on %s', (runtime) => {
  let master: Server
  let link: Link
  let slave: Server
  beforeAll(async () => {
    master = await startOrigin(runtime)
    link = await openLink(master.port)
    slave = await startOrigin(runtime, ['--master', link.url, '--update-interval', '1'])
  })
  afterAll(async () => {
    link?.close()
    await Promise.all([slave?.stop(), master?.stop()])
  })

  for (const [i, format] of containers.entries())
    peer('ffmpeg')(
      `${format[0]}: the line to the master is cut, and no byte is lost or repeated`,
      async () => {
        const mount = `/tone${i}`
        encode(master.url + mount, format)
        const early = await listenWhenServed(master.url + mount)
        const listener = await listenWhenServed(slave.url + mount)
        const isRun = (line: string) => line.includes('"relay runs"') && line.includes(`"${mount}"`)
        const runs = () => slave.program.output().split('\n').filter(isRun).length
        // beyond the burst, so that the header is not part of the bytes that both connections have
        for (const [cuts, bytes] of [90_000, 120_000].entries()) {
          await heard(listener, bytes)
          link.cut()
          await eventually(() => runs() === cuts + 2)
        }
        await heard(listener, 200_000)
        listener.close()
        await heard(early, listener.bytesHeard)
        early.close()
        expectSameStream(early.audio(), listener.audio())
        expect(runs()).toBe(3)
      },
    )

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
