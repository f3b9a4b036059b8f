import { afterAll, beforeAll, describe, expect, onTestFailed, onTestFinished, test } from 'vitest'
import { numbersInOrder } from '../../kit/audio/numbered-frames.ts'
import { expecting, numbered, startSource } from '../../kit/audio/source.ts'
import { eventually, patienceMs } from '../../kit/base/eventually.ts'
import { Together } from '../../kit/base/together.ts'
import { type Cluster, drawnOrigins, startCluster } from '../../kit/cluster/cluster.ts'
import { type Icecast, startIcecast } from '../../kit/peers/icecast.ts'
import { hasStock, type StockName, stock, stockCommand, stockNames } from '../../kit/peers/stock.ts'
import { originRuntimes, type Server, secrets, startOrigin } from '../../kit/process/runtimes.ts'
import { peerSeconds } from '../../kit/run/peer-seconds.ts'
import { listenWhenServed } from '../../kit/wire/listener.ts'

/** frames that a listener has to hear: more than the burst, which is some four seconds */
const heardFrames = 30 * peerSeconds

describe.for(originRuntimes)('stock Icecast together with distributary servers on %s', (runtime) => {
  let cluster: Cluster
  const slaves: Icecast[] = []
  /** what each of them is heard to relay: they wait for their next look at the list together */
  const heard = new Together<void>()
  const listers = ['master', 'edge'] as const
  const relay = async (name: StockName, { port }: Server) => {
    const master = { port, password: secrets.relay, updateIntervalS: 15 }
    const slave = await startIcecast({ command: stockCommand(name), master })
    slaves.push(slave)
    await expectFramesAt(`${slave.url}/live.mp3`)
  }
  beforeAll(async () => {
    cluster = await startCluster(runtime)
    for (const name of stockNames.filter(hasStock))
      for (const from of listers) heard.begin(`${name} ${from}`, relay(name, cluster[from]))
  })
  afterAll(async () => {
    await heard.ended()
    await Promise.all(slaves.map((slave) => slave.stop()))
    await cluster?.stop()
  })

  for (const name of stockNames)
    for (const from of listers)
      stock(name)(
        `S12: ${name} as a slave relays the mounts that a distributary ${from} lists, frame by frame`,
        async () => {
          await heard.of(`${name} ${from}`)
        },
      )

  test.for(stockNames)('S11: a request of %s is never sent to a slave', async (name) => {
    // on a busy machine the master's report may be late, and then nobody is in the draw for a relay: never a slave
    const drawn = new Set<string | undefined>()
    await eventually(async () => {
      const now = await drawnOrigins(cluster, 200, { 'User-Agent': name })
      for (const origin of now) drawn.add(origin)
      return now.every((origin) => origin === cluster.master.url)
    })
    drawn.delete(undefined)
    expect(drawn).toEqual(new Set([cluster.master.url]))
  })
})

describe.for(originRuntimes)('a distributary slave on %s', (runtime) => {
  for (const name of stockNames)
    stock(name)(
      `S12: relays from ${name} as master, frame by frame, and both log once that it does not accept reports`,
      async () => {
        const master = await startMaster(name)
        const flags = ['--master', master.url, '--update-interval', '1']
        const slave = await startOrigin(runtime, flags)
        onTestFinished(() => slave.stop())
        onTestFailed(() => console.log(`master:\n${master.output()}\nslave:\n${slave.program.output()}`))
        await expectFramesAt(`${slave.url}/live.mp3`)
        const linesAbout = (text: string, what: RegExp) => text.split('\n').filter((line) => what.test(line))
        expect(linesAbout(slave.program.output(), /report rejected/)).toHaveLength(1)
        const polls = () => linesAbout(master.output(), /"GET \/admin\/streamlist\.txt/)
        await eventually(() => polls().length >= 3)
        expect(
          linesAbout(master.output(), /"POST \/admin\/sourcelist\.txt|unknown request/).length,
        ).toBeLessThan(2)
      },
    )
})

/** A stock Icecast with a source of numbered frames. */
async function startMaster(name: StockName): Promise<Icecast> {
  const { source: sourcePassword, relay: relayPassword } = secrets
  const master = await startIcecast({ command: stockCommand(name), sourcePassword, relayPassword })
  const url = `${master.url}/live.mp3`
  const source = startSource({ url, password: sourcePassword, programme: numbered, headers: expecting })
  onTestFinished(() => {
    source.close()
    return master.stop()
  })
  return master
}

/** Waits until the mount exists, and hears frames of the source in order from it. */
async function expectFramesAt(url: string): Promise<void> {
  const listener = await listenWhenServed(url)
  await eventually(() => listener.bytesHeard > heardFrames * 418, {
    withinMs: patienceMs + 1000 * peerSeconds,
  })
  listener.close()
  expect(numbersInOrder(listener.audio()).count).toBeGreaterThanOrEqual(heardFrames - 1)
}
