import { eventually } from '../../../kit/base/eventually.ts'
import { serverAt } from '../../../kit/cluster/cluster.ts'
import type { Fault } from '../fault.ts'
import { isWhole } from '../truth.ts'

/** frames that the twin has before the master leaves: half a minute, since sessions of HLS begin 24 s before the end, and a segment is being cut */
const heldFrames = 1150
/** frames of a segment, which is up to a twentieth longer than four seconds */
const segmentFrames = 162

export const rollingRestart: Fault = {
  name: 'rolling-restart',
  about:
    '500 listeners, 100 of them by HLS; each slave, the edge and the master, by a twin, are restarted one after the other',
  plan: { listeners: 500 },
  async round(cluster, _, print) {
    for (const slave of cluster.slaves) {
      print(`${slave.name} is restarted`)
      await slave.leave()
      await slave.start()
      await isWhole(cluster)
    }
    print('the edge is restarted')
    await cluster.edge.leave()
    await cluster.edge.start()
    await isWhole(cluster)
    const { master } = cluster
    print('a twin of the master gets the same stream, and the master leaves')
    const twin = await cluster.twinOf(master)
    cluster.former.push(twin) // until it has taken the place
    await twin.start()
    const [source] = cluster.sources.slice(-1)
    // each of two live masters has segments of its own under the same numbers, cut at other frames
    const heal = cluster.allowGaps(undefined, { hlsFramesMax: segmentFrames })
    const second = cluster.play(twin, cluster.sent)
    await eventually(async () => (await serverAt(cluster.edge, twin))?.mounts.length === 1)
    await eventually(() => second.sent > heldFrames)
    await master.leave()
    source?.close()
    cluster.former.splice(cluster.former.indexOf(twin), 1, master)
    cluster.master = twin
    heal()
  },
}
