import { afterAll, beforeAll, describe } from 'vitest'
import { clientOf, type EdgeClient } from '../kit/edge-client.ts'
import { type EdgeRuntime, type Server, startEdge } from '../kit/runtimes.ts'
import { listenerContract } from './edge/listeners.ts'
import { listContract } from './edge/lists.ts'
import { reportContract } from './edge/reports.ts'
import { settings } from './edge/settings.ts'

/**
 * What every edge does, whatever runs it: one body of tests over HTTP, called for each runtime.
 * @param heads how many draws the shares are counted over; `wrangler dev` is a slow proxy
 */
export function edgeContract(runtime: EdgeRuntime, heads = 20_000): void {
  describe(`the edge on ${runtime}`, () => {
    let edge: Server
    let client: EdgeClient
    beforeAll(async () => {
      edge = await startEdge(runtime, settings)
      client = clientOf(edge.url)
    })
    afterAll(() => edge?.stop())

    listenerContract(() => client, heads)
    reportContract(() => client)
    listContract(() => client)
  })
}
