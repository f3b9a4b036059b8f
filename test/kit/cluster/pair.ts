import { afterAll, beforeAll } from 'vitest'
import { type OriginRuntime, type Server, slaveOf, startOrigin } from '../process/runtimes.ts'

/** A master and its slave, there while a suite runs. */
export interface Pair {
  readonly master: Server
  readonly slave: Server
}

/** Starts a master and its slave for the tests of a suite; they are there once the first test runs. */
export function suitePair(runtime: OriginRuntime): Pair {
  let master: Server | undefined
  let slave: Server | undefined
  beforeAll(async () => {
    master = await startOrigin(runtime)
    slave = await startOrigin(runtime, slaveOf(master))
  })
  afterAll(async () => {
    await slave?.stop()
    await master?.stop()
  })
  const started = (server: Server | undefined): Server => {
    if (!server) throw new Error('the pair is not started yet')
    return server
  }
  return {
    get master() {
      return started(master)
    },
    get slave() {
      return started(slave)
    },
  }
}
