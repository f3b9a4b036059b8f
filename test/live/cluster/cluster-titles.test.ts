import { expect, test } from 'vitest'
import { numbersInOrder } from '../../kit/audio/numbered-frames.ts'
import { setTitle } from '../../kit/audio/source.ts'
import { eventually } from '../../kit/base/eventually.ts'
import { listenAt, startCluster } from '../../kit/cluster/cluster.ts'
import { originRuntimes, secrets } from '../../kit/process/runtimes.ts'

test.for(originRuntimes)(
  'a title set at the master reaches an ICY listener of a slave, and its audio stays intact, on %s',
  async (runtime) => {
    const cluster = await startCluster(runtime, 1)
    try {
      const [slave] = cluster.slaves
      if (!slave) throw new Error('a cluster without its slave')
      const listener = await listenAt(cluster, slave, { icy: true })
      const mount = `${cluster.master.url}/live.mp3`
      for (const title of ['First - Of Two', 'Größe – Ein Lied']) {
        await setTitle(mount, secrets.source, title)
        await eventually(() => listener.titles.at(-1)?.title === title)
      }
      expect(numbersInOrder(listener.audio()).count).toBeGreaterThan(0)
      listener.close()
    } finally {
      await cluster.stop()
    }
  },
)
