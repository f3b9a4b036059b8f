import { afterAll, beforeAll, describe } from 'vitest'
import { clientOf, type EdgeClient } from '../kit/cluster/edge-client.ts'
import { type EdgeRuntime, type Server, startEdge, startEdgeByWrangler } from '../kit/process/runtimes.ts'
import { lifeContract } from './edge/life.ts'
import { listenerContract } from './edge/listeners.ts'
import { listContract } from './edge/lists.ts'
import { reportContract } from './edge/reports.ts'
import { settings } from './edge/settings.ts'
import { wireContract } from './edge/wire.ts'

/**
 * The tests that every edge passes, on any runtime: one suite over HTTP, called for each runtime. `wrangler dev` puts a proxy
 * in front of the Worker: it is slow and has its own sockets, so there fewer draws are made and no raw bytes are sent; the
 * restart of an object is tested in test/workers.
 */
export function edgeContract(runtime: EdgeRuntime): void {
  describe(`the edge on ${runtime}`, () => {
    let edge: Server
    let client: EdgeClient
    beforeAll(async () => {
      edge = await (runtime === 'workers' ? startEdgeByWrangler(settings) : startEdge(runtime, settings))
      client = clientOf(edge.url)
    })
    afterAll(() => edge?.stop())

    listenerContract(() => client, runtime === 'workers' ? 500 : 20_000)
    reportContract(() => client)
    listContract(() => client)
    if (runtime !== 'workers') wireContract(runtime, () => client)
  })
  if (runtime !== 'workers') lifeContract(runtime)
}
