import { describe, expect, test } from 'vitest'
import { numbersInOrder } from '../../kit/audio/numbered-frames.ts'
import { numbered } from '../../kit/audio/source.ts'
import { eventually, longPatienceMs, longTestMs } from '../../kit/base/eventually.ts'
import { listenAt, startCluster } from '../../kit/cluster/cluster.ts'
import { originRuntimes } from '../../kit/process/runtimes.ts'

const seconds = 60
const bytesMin = seconds * 16_000
const framesMin = Math.floor((seconds * 1000) / numbered.frameMs)

describe.concurrent('what a listener hears through the edge', () => {
  test.for(originRuntimes)(
    `S2: ${seconds} s of the source's own frames, none missing and none repeated, from the master and either slave, on %s`,
    { timeout: longTestMs },
    async (runtime) => {
      const cluster = await startCluster(runtime)
      try {
        const servers = [cluster.master, ...cluster.slaves]
        const listeners = await Promise.all(servers.map((server) => listenAt(cluster, server)))
        await eventually(() => listeners.every((each) => each.bytesHeard >= bytesMin || each.isClosed), {
          withinMs: longPatienceMs,
          everyMs: 500,
        })
        for (const listener of listeners) {
          const { count, skipped } = numbersInOrder(listener.audio())
          expect(skipped, `${listener.url} begins on a frame`).toBe(0)
          expect(count, listener.url).toBeGreaterThanOrEqual(framesMin)
          listener.close()
        }
      } finally {
        await cluster.stop()
      }
    },
  )
})
