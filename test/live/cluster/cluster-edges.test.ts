import { expect, onTestFinished, test } from 'vitest'
import { numbersInOrder } from '../../kit/audio/numbered-frames.ts'
import { numbered, startSource } from '../../kit/audio/source.ts'
import { eventually } from '../../kit/base/eventually.ts'
import { drawnOrigins, listenAt, serverAt, startCluster } from '../../kit/cluster/cluster.ts'
import {
  edgeRuntimes,
  masterAt,
  type Server,
  secrets,
  slaveOf,
  startEdge,
  startOrigin,
} from '../../kit/process/runtimes.ts'

/** frames that a listener has to hear: more than the burst, so that live frames are included */
const heardFrames = 300

test.for(edgeRuntimes)(
  'S4: origins report to an edge on %s, and its listener hears frames in order from the master and from a slave',
  async (edgeRuntime) => {
    const cluster = await startCluster('node', 1, edgeRuntime)
    onTestFinished(() => cluster.stop())
    const servers = [cluster.master, ...cluster.slaves]
    for (const listener of await Promise.all(servers.map((server) => listenAt(cluster, server)))) {
      await eventually(() => listener.bytesHeard > heardFrames * 418)
      listener.close()
      expect(numbersInOrder(listener.audio()).count).toBeGreaterThanOrEqual(heardFrames - 1)
    }
  },
)

test('S2: a master that accepts no listeners serves only its relays, and two slaves of one machine share them', async () => {
  const stopped = (server: Server) => {
    onTestFinished(() => server.stop())
    return server
  }
  const edge = stopped(await startEdge('node'))
  const master = stopped(await startOrigin('node', [...masterAt(edge), '--max-listeners', '0']))
  const source = startSource({ url: `${master.url}/live.mp3`, password: secrets.source, programme: numbered })
  onTestFinished(() => source.close())
  const slaves = (
    await Promise.all([startOrigin('node', slaveOf(edge)), startOrigin('bun', slaveOf(edge))])
  ).map(stopped)
  for (const slave of slaves) await eventually(async () => (await serverAt(edge, slave))?.mounts.length === 1)
  expect((await serverAt(edge, master))?.out).toBe('full')
  const url = `${edge.url}/live.mp3`
  expect(new Set(await drawnOrigins({ url }, 50))).toEqual(new Set(slaves.map((slave) => slave.url)))
  expect(new Set(await drawnOrigins({ url }, 50, { 'User-Agent': 'Icecast 2.4.4' }))).toEqual(
    new Set([master.url]),
  )
})
