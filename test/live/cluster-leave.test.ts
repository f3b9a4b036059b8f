import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Cluster, drawnOrigins, listenAt, serverAt, startCluster } from '../kit/cluster.ts'
import { eventually } from '../kit/eventually.ts'
import { originRuntimes, slaveOf, startOrigin } from '../kit/runtimes.ts'

const sinceMs = (startMs: number) => `${Math.round(performance.now() - startMs)} ms`

describe.for(originRuntimes)('slaves that come and go, on %s', (runtime) => {
  let cluster: Cluster
  beforeAll(async () => {
    cluster = await startCluster(runtime)
  })
  afterAll(() => cluster?.stop())

  test('S14: a new slave gets its first listener as soon as its relay runs', async () => {
    const slave = await startOrigin(runtime, slaveOf(cluster.edge))
    try {
      await eventually(async () => (await fetch(`${slave.url}/live.mp3`, { method: 'HEAD' })).ok, {
        everyMs: 5,
      })
      const relayingMs = performance.now()
      const first = await listenAt(cluster, slave)
      console.log(`${runtime}: first listener ${sinceMs(relayingMs)} after the relay ran`)
      await eventually(() => first.bytesHeard > 0)
      first.close()
    } finally {
      await slave.stop()
    }
  })

  test('S10: a slave killed with kill -9 gets no listener after its deadline', async () => {
    const slave = await startOrigin(runtime, slaveOf(cluster.edge))
    ;(await listenAt(cluster, slave)).close()
    const killedMs = performance.now()
    await slave.stop()
    await eventually(async () => (await serverAt(cluster.edge, slave))?.out === 'stale')
    console.log(`${runtime}: out of the draw ${sinceMs(killedMs)} after kill -9`)
    const drawn = await drawnOrigins(cluster, 200)
    expect(drawn).not.toContain(slave.url)
    expect(drawn).not.toContain(undefined)
  })

  test('a slave stopped with SIGTERM gets no listener after its leaving report, releases its listeners, and exits 0', async () => {
    const slave = await startOrigin(runtime, [...slaveOf(cluster.edge), '--grace', '2'])
    const listener = await listenAt(cluster, slave)
    const stoppedMs = performance.now()
    slave.program.signal('SIGTERM')
    await eventually(async () => (await serverAt(cluster.edge, slave))?.out === 'leaving', { everyMs: 5 })
    console.log(`${runtime}: out of the draw ${sinceMs(stoppedMs)} after SIGTERM`)
    const drawn = await drawnOrigins(cluster, 200)
    expect(drawn).not.toContain(slave.url)
    expect(drawn).not.toContain(undefined)
    expect(await slave.program.exited).toEqual({ code: 0, signal: null })
    await eventually(() => listener.isClosed)
  })
})
