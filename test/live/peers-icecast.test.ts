import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { type Cluster, drawnOrigins, startCluster } from '../kit/cluster.ts'
import { eventually } from '../kit/eventually.ts'
import { type Icecast, startIcecast } from '../kit/icecast.ts'
import { listenWhenServed } from '../kit/listener.ts'
import { numbersInOrder } from '../kit/numbered-frames.ts'
import { peerSeconds } from '../kit/peer-seconds.ts'
import { peer } from '../kit/peers.ts'
import { originRuntimes, secrets, startOrigin } from '../kit/runtimes.ts'
import { numbered, startSource } from '../kit/source.ts'

/** frames after which a listener has heard enough: more than the burst, which is some four seconds */
const heardFrames = 30 * peerSeconds

describe.for(originRuntimes)('stock Icecast 2.4.4 beside servers of ours on %s', (runtime) => {
  let cluster: Cluster
  beforeAll(async () => {
    cluster = await startCluster(runtime)
  })
  afterAll(() => cluster?.stop())

  for (const from of ['master', 'edge'] as const)
    peer('icecast2')(
      `S12: a stock slave relays what it learns from our ${from}, frame by frame`,
      async () => {
        const { port } = cluster[from]
        const slave = await startIcecast({ master: { port, password: secrets.relay, updateIntervalS: 15 } })
        onTestFinished(() => slave.stop())
        await expectFramesAt(`${slave.url}/live.mp3`)
      },
    )

  test('S11: a request of a stock Icecast is never sent to a slave', async () => {
    const drawn = await drawnOrigins(cluster, 200, { 'User-Agent': 'Icecast 2.4.4' })
    expect(new Set(drawn)).toEqual(new Set([cluster.master.url]))
  })
})

describe.for(originRuntimes)('our slave on %s', (runtime) => {
  peer('icecast2')(
    'S12: relays from a stock Icecast 2.4.4 master, frame by frame, and says once that it does not report',
    async () => {
      const master = await startMaster()
      const flags = ['--master', master.url, '--update-interval', '1']
      const slave = await startOrigin(runtime, flags)
      onTestFinished(() => slave.stop())
      await expectFramesAt(`${slave.url}/live.mp3`)
      const refusals = slave.program.output().match(/report not taken/g) ?? []
      expect(refusals, slave.program.output()).toHaveLength(1)
    },
  )
})

/** A stock Icecast with a source of numbered frames. */
async function startMaster(): Promise<Icecast> {
  const { source: sourcePassword, relay: relayPassword } = secrets
  const master = await startIcecast({ sourcePassword, relayPassword })
  const source = startSource({ url: `${master.url}/live.mp3`, password: sourcePassword, programme: numbered })
  onTestFinished(() => {
    source.close()
    return master.stop()
  })
  return master
}

/** Waits until the mount is there, and hears frames of the source in order from it. */
async function expectFramesAt(url: string): Promise<void> {
  const listener = await listenWhenServed(url)
  await eventually(() => listener.bytesHeard > heardFrames * 418, {
    withinMs: 30_000 + 1000 * peerSeconds,
  })
  listener.close()
  expect(numbersInOrder(listener.audio()).count).toBeGreaterThanOrEqual(heardFrames - 1)
}
