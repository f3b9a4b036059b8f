import { describe, expect, onTestFinished, test } from 'vitest'
import { lastNumber, numbersInOrder, wholeNumbers } from '../../kit/audio/numbered-frames.ts'
import { numbered, startSource } from '../../kit/audio/source.ts'
import { eventually } from '../../kit/base/eventually.ts'
import { serverAt } from '../../kit/cluster/cluster.ts'
import { patientFile } from '../../kit/cluster/configured.ts'
import { freePort } from '../../kit/process/ports.ts'
import { start } from '../../kit/process/process.ts'
import { originProgram } from '../../kit/process/programs.ts'
import {
  masterAt as masterOf,
  type OriginRuntime,
  originRuntimes,
  secrets,
  startEdge,
  startOrigin,
} from '../../kit/process/runtimes.ts'
import { openLink } from '../../kit/wire/link.ts'
import { type Listener, listen, listenWhenServed } from '../../kit/wire/listener.ts'

const frameBytes = 418
const hear = (listener: Listener, frames: number) =>
  eventually(() => listener.bytesHeard > frames * frameBytes)

const slaveFlags = (masterUrl: string) => ['--master', masterUrl, '--update-interval', '1']

function source(url: string, onEvent: (event: string) => void = () => {}) {
  const address = { url: `${url}/live.mp3`, password: secrets.source }
  const playing = startSource({ ...address, programme: numbered, onEvent })
  onTestFinished(() => playing.close())
  return playing
}

/** A master at its own port, which can be started there again. */
async function masterAt(runtime: OriginRuntime, port: number) {
  const url = `http://127.0.0.1:${port}`
  const flags = ['--port', String(port), '--bind', '127.0.0.1', '--public-url', url]
  const program = start(runtime, [originProgram, ...flags], {
    env: { ORIGIN_SOURCE_PASSWORD: secrets.source, ORIGIN_RELAY_PASSWORD: secrets.relay },
  })
  onTestFinished(() => program.stop())
  await program.line(/"ready"/)
  return { url, program }
}

describe.for(originRuntimes)('a slave on %s', (runtime) => {
  test('the line to the master is cut, twice: listeners with and without metadata hear neither a gap nor a repetition', async () => {
    const master = await startOrigin(runtime)
    onTestFinished(() => master.stop())
    source(master.url)
    const link = await openLink(master.port)
    onTestFinished(() => link.close())
    const slave = await startOrigin(runtime, slaveFlags(link.url))
    onTestFinished(() => slave.stop())
    const url = `${slave.url}/live.mp3`
    const listeners = [await listenWhenServed(url), await listen(url, { icy: true })]
    for (const frames of [150, 250]) {
      for (const listener of listeners) await hear(listener, frames)
      link.cut()
    }
    for (const listener of listeners) await hear(listener, 450)
    for (const listener of listeners) {
      expect(listener.isClosed).toBe(false)
      listener.close()
      expect(numbersInOrder(listener.audio()).count).toBeGreaterThan(400)
    }
    expect(slave.program.output().match(/relay runs/g)?.length).toBe(3)
  })

  test('the master is gone for five attempts of its source, a second each: the listener stays, and the audio continues', async () => {
    const port = await freePort()
    const master = await masterAt(runtime, port)
    let tries = 0
    const playing = source(master.url, (event) => {
      if (/ECONNREFUSED/.test(event)) tries++
    })
    const slave = await startOrigin(runtime, [...slaveFlags(master.url), '--config', patientFile()])
    onTestFinished(() => slave.stop())
    const listener = await listenWhenServed(`${slave.url}/live.mp3`)
    await hear(listener, 100)
    await master.program.stop()
    await eventually(() => /relay lost/.test(slave.program.output()))
    await eventually(() => tries >= 5)
    const sentBefore = playing.sent
    await masterAt(runtime, port)
    await eventually(() => lastNumber(listener.audio()) > sentBefore + 50)
    expect(listener.isClosed).toBe(false)
    listener.close()
    expectNoRepeat(listener.audio())
  })

  test('the master is gone for good: listeners are released, sent back to the edge, and to a server that carries the mount', async () => {
    const edge = await startEdge('node')
    onTestFinished(() => edge.stop())
    const master = await startOrigin(runtime, masterOf(edge))
    onTestFinished(() => master.stop())
    source(master.url)
    const link = await openLink(master.port)
    onTestFinished(() => link.close())
    const slave = await startOrigin(runtime, [...masterOf(edge), '--master', link.url])
    onTestFinished(() => slave.stop())
    const url = `${slave.url}/live.mp3`
    const listener = await listenWhenServed(url, { redirectsMax: 0 })
    await eventually(async () => (await serverAt(edge, slave))?.mounts.length === 1)
    await link.close()
    await eventually(() => listener.isClosed)
    await eventually(async () => (await serverAt(edge, slave))?.mounts.length === 0)
    const back = await listen(url, { redirectsMax: 0 })
    expect(back.status).toBe(302)
    const { id } = (await serverAt(edge, slave)) ?? {}
    expect(back.headers.get('location')).toBe(`${edge.url}/live.mp3?x=${id}`.replaceAll(/(?<=x=.*):/g, '%3A'))
    const again = await listen(url)
    expect(again.status).toBe(200)
    expect(again.url).toBe(`${master.url}/live.mp3?x=-`)
    again.close()
  })

  test('the master stays away: its listeners are released after source-timeout, and the mount is gone', async () => {
    const port = await freePort()
    const master = await masterAt(runtime, port)
    source(master.url)
    const slave = await startOrigin(runtime, slaveFlags(master.url))
    onTestFinished(() => slave.stop())
    const listener = await listenWhenServed(`${slave.url}/live.mp3`)
    await hear(listener, 50)
    await master.program.stop()
    await eventually(() => listener.isClosed)
    const late = await listen(`${slave.url}/live.mp3`)
    late.close()
    expect(late.status).not.toBe(200)
  })
})

function expectNoRepeat(audio: Uint8Array): void {
  const numbers = wholeNumbers(audio)
  for (const [i, n] of numbers.entries()) if (i > 0) expect(n).toBeGreaterThan(numbers[i - 1] ?? -1)
}
