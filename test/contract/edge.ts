import { afterAll, beforeAll, describe } from 'vitest'
import { clientOf, type EdgeClient } from '../kit/edge-client.ts'
import { type EdgeRuntime, type Server, startEdge } from '../kit/runtimes.ts'
import { lifeContract } from './edge/life.ts'
import { listenerContract } from './edge/listeners.ts'
import { listContract } from './edge/lists.ts'
import { reportContract } from './edge/reports.ts'
import { settings } from './edge/settings.ts'
import { wireContract } from './edge/wire.ts'

/**
 * What every edge does, whatever runs it: one body of tests over HTTP, called for each runtime.
 * `wrangler dev` is a proxy before the real thing: slow, and with sockets of its own, so there fewer draws are made
 * and no raw bytes sent; how an object comes back is in test/workers.
 */
export function edgeContract(runtime: EdgeRuntime): void {
  describe(`the edge on ${runtime}`, () => {
    let edge: Server
    let client: EdgeClient
    beforeAll(async () => {
      edge = await startEdge(runtime, settings)
      client = clientOf(edge.url)
    })
    afterAll(() => edge?.stop())

    listenerContract(() => client, runtime === 'workers' ? 2000 : 20_000)
    reportContract(() => client)
    listContract(() => client)
    if (runtime !== 'workers') wireContract(runtime, () => client)
  })
  if (runtime !== 'workers') lifeContract(runtime)
}
