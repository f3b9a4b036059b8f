import { expect, test } from 'vitest'
import { setTitle } from '../../kit/audio/source.ts'
import { eventually } from '../../kit/base/eventually.ts'
import { startCluster } from '../../kit/cluster/cluster.ts'
import { originRuntimes, secrets } from '../../kit/process/runtimes.ts'

interface Playing {
  mount: string
  title: string | null
  since: string | null
}

test.for(originRuntimes)(
  'a title set at the master appears at the edge, in /now and in the stats, on %s',
  async (runtime) => {
    const cluster = await startCluster(runtime, 1)
    try {
      for (const title of ['First - "Of" Two', 'Größe – Ein Lied 🎻']) {
        await setTitle(`${cluster.master.url}/live.mp3`, secrets.source, title)
        await eventually(async () => (await playing(cluster.edge.url))?.title === title, {
          everyMs: 100,
        })
      }
      const stats = await (await fetch(`${cluster.edge.url}/status-json.xsl`)).json()
      expect(stats).toMatchObject({ icestats: { source: { title: 'Größe – Ein Lied 🎻' } } })
      expect(Date.parse((await playing(cluster.edge.url))?.since ?? '')).toBeGreaterThan(0)
    } finally {
      await cluster.stop()
    }
  },
)

async function playing(edgeUrl: string): Promise<Playing | undefined> {
  const mounts = (await (await fetch(`${edgeUrl}/now`)).json()) as Playing[]
  return mounts.find(({ mount }) => mount === '/live.mp3')
}
