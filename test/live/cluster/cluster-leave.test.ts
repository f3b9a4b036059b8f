import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { eventually } from '../../kit/base/eventually.ts'
import { type Cluster, drawnOrigins, listenAt, serverAt, startCluster } from '../../kit/cluster/cluster.ts'
import { originRuntimes, slaveOf, startOrigin } from '../../kit/process/runtimes.ts'

describe.for(originRuntimes)('slaves that come and go, on %s', (runtime) => {
  let cluster: Cluster
  beforeAll(async () => {
    cluster = await startCluster(runtime)
  })
  afterAll(() => cluster?.stop())

  test('S14: a new slave gets its first listener as soon as its relay runs, not at the end of its interval of 5 minutes', async () => {
    const slave = await startOrigin(runtime, ['--master', cluster.edge.url, '--update-interval', '300'])
    try {
      await eventually(async () => (await fetch(`${slave.url}/live.mp3`, { method: 'HEAD' })).ok)
      const first = await listenAt(cluster, slave)
      await eventually(() => first.bytesHeard > 0)
      first.close()
    } finally {
      await slave.stop()
    }
  })

  test('S10: a slave killed with kill -9 gets no listener after its deadline', async () => {
    const slave = await startOrigin(runtime, slaveOf(cluster.edge))
    ;(await listenAt(cluster, slave)).close()
    await slave.stop()
    await eventually(async () => (await serverAt(cluster.edge, slave))?.out === 'stale')
    const drawn = await drawnOrigins(cluster, 200)
    expect(drawn).not.toContain(slave.url)
    expect(drawn).not.toContain(undefined)
  })

  test('a slave stopped with SIGTERM gets no listener after its leaving report, releases its listeners, and exits 0', async () => {
    const slave = await startOrigin(runtime, [...slaveOf(cluster.edge), '--grace', '2'])
    const listener = await listenAt(cluster, slave)
    slave.program.signal('SIGTERM')
    await eventually(async () => (await serverAt(cluster.edge, slave))?.out === 'leaving', { everyMs: 5 })
    const drawn = await drawnOrigins(cluster, 200)
    expect(drawn).not.toContain(slave.url)
    expect(drawn).not.toContain(undefined)
    expect(await slave.program.exited).toEqual({ code: 0, signal: null })
    await eventually(() => listener.isClosed)
  })
})
