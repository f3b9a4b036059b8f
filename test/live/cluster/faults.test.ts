import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Cluster } from '../../tools/faults/cluster.ts'
import type { Dice } from '../../tools/faults/fault.ts'
import { killEdge, killMaster, killSlave } from '../../tools/faults/kinds/kills.ts'
import { stopEdge, stopMaster, stopSlave } from '../../tools/faults/kinds/stops.ts'
import { endTrial } from '../../tools/faults/trial.ts'
import { allFaults, isWhole } from '../../tools/faults/truth.ts'

/** Everything happens early and is over soon; `npm run faults` draws. */
const dice: Dice = {
  between: (min, max) => min + 0.2 * (max - min),
  oneOf: ([first]) => {
    if (first === undefined) throw new Error('nothing to choose from')
    return first
  },
}

/** The short form of `npm run faults`: an edge on Node, origins on Bun, and listeners who come back as players do, some by HLS. */
describe('a cluster of real programs, and listeners who check every frame', () => {
  let cluster: Cluster
  beforeAll(async () => {
    cluster = await Cluster.make({ edge: 'node', origins: 'bun', slaves: 2, listeners: 20, hls: 4, seed: 1 })
    await cluster.start()
    cluster.gather()
    await isWhole(cluster)
  })
  afterAll(() => cluster?.stop())

  const kinds = [killEdge, stopEdge, killSlave, stopSlave, killMaster, stopMaster]
  test.each(kinds.map((fault) => [fault.name, fault] as const))(
    'S10: after %s it is whole again, each frame was heard, and nobody was sent to a server that is out',
    async (_, fault) => {
      await fault.round(cluster, dice, () => {})
      await isWhole(cluster)
      await cluster.audience?.upToNow()
      expect(allFaults(cluster)).toEqual([])
    },
  )

  test('SIGTERM ends all of them with 0, and none holds what its listeners had', async () => {
    expect(await endTrial(cluster)).toEqual([])
  })
})
