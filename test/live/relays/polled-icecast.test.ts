import { afterAll, beforeAll, describe, expect } from 'vitest'
import type { ServerJson } from '../../../shared/api/json.ts'
import { printSourcelist } from '../../../shared/report/sourcelist.ts'
import { basic, expecting, numbered, startSource } from '../../kit/audio/source.ts'
import { eventually } from '../../kit/base/eventually.ts'
import { Together } from '../../kit/base/together.ts'
import { drawnOrigins, serverAt } from '../../kit/cluster/cluster.ts'
import { mountReport, reportOf } from '../../kit/parts/reports.ts'
import { type Icecast, startIcecast } from '../../kit/peers/icecast.ts'
import { hasStock, type StockName, stock, stockCommand, stockNames } from '../../kit/peers/stock.ts'
import {
  type EdgeRuntime,
  edgeRuntimes,
  type Server,
  secrets,
  startEdge,
} from '../../kit/process/runtimes.ts'
import { listen, listenWhenServed } from '../../kit/wire/listener.ts'

describe.for(edgeRuntimes)('stock Icecast polled by the edge on %s', (runtime) => {
  const ends: Ends = []
  /**
   * They wait for their next look at the list together. Each has an edge of its own: one that heard neither of them any more would suspect
   * itself, and keep both.
   */
  const plays = new Together<void>()
  beforeAll(() => {
    for (const name of stockNames.filter(hasStock)) plays.begin(name, isPolled(name, runtime, ends))
  })
  afterAll(async () => {
    await plays.ended()
    await Promise.all(ends.map((end) => end()))
  })

  for (const name of stockNames)
    stock(name)(
      `S3, S6, S10: ${name} gets its share of real listeners, and leaves the draw when it is stopped`,
      async () => {
        await plays.of(name)
      },
    )
})

/** what a suite has to end */
type Ends = (() => unknown)[]

async function isPolled(name: StockName, runtime: EdgeRuntime, ends: Ends): Promise<void> {
  const { master, slave } = await startStockCluster(name, ends)
  const edge = await startEdge(runtime)
  ends.push(() => edge.stop())
  await reportFor(master, edge)
  expect(await nameServer(edge, slave)).toMatchObject({ polled: true, maxListeners: 40, out: 'no mounts' })
  await eventually(async () => (await serverAt(edge, slave))?.out === null)

  const listeners = await Promise.all(Array.from({ length: 50 }, () => listen(`${edge.url}/live.mp3`)))
  for (const listener of listeners) ends.push(() => listener.close())
  expect(new Set(listeners.map(({ status }) => status))).toEqual(new Set([200]))
  await eventually(() => listeners.every(({ bytesHeard }) => bytesHeard > 0))
  const atSlave = listeners.filter(({ url }) => url.startsWith(slave.url)).length
  // 40 of 100 slots: 20 of 50 with a deviation of 3.5, of which this is five: by chance in one of a million
  expect(atSlave).toBeGreaterThan(2)
  expect(atSlave).toBeLessThan(38)
  await eventually(async () => (await serverAt(edge, slave))?.listeners === atSlave)

  await slave.stop()
  await eventually(async () => (await serverAt(edge, slave))?.out === 'stale')
  expect(new Set(await drawnOrigins({ url: `${edge.url}/live.mp3` }, 50))).toEqual(new Set([master.url]))
}

/** A master with a source and a slave that relays it, both stock. */
async function startStockCluster(name: StockName, ends: Ends): Promise<{ master: Icecast; slave: Icecast }> {
  const { source: sourcePassword, relay: relayPassword } = secrets
  const command = stockCommand(name)
  const master = await startIcecast({ command, sourcePassword, relayPassword })
  ends.push(() => master.stop())
  const url = `${master.url}/live.mp3`
  const source = startSource({ url, password: sourcePassword, programme: numbered, headers: expecting })
  ends.push(() => source.close())
  const first = await listenWhenServed(url)
  first.close()
  const { port } = master
  const slave = await startIcecast({
    command,
    master: { port, password: relayPassword, updateIntervalS: 15 },
  })
  ends.push(() => slave.stop())
  return { master, slave }
}

/** A stock master cannot report: this reports for it, with 60 slots and a promise that outlasts the test. */
async function reportFor(master: Icecast, edge: Server): Promise<void> {
  const mounts = [mountReport('/live.mp3')]
  const report = reportOf('master', {
    role: 'master',
    urls: [master.url],
    interval: 120,
    maxListeners: 60,
    mounts,
  })
  const answer = await fetch(`${edge.url}/admin/sourcelist.txt`, {
    method: 'POST',
    headers: { Authorization: basic('relay', secrets.relay), 'Content-Type': 'text/plain; charset=utf-8' },
    body: printSourcelist(report),
  })
  expect([answer.status, await answer.text()]).toMatchObject([200, expect.stringContaining('accepted 1')])
}

async function nameServer(edge: Server, { url }: Icecast): Promise<ServerJson> {
  const answer = await fetch(`${edge.url}/api/servers`, {
    method: 'POST',
    headers: { Authorization: basic('admin', secrets.admin), 'Content-Type': 'application/json' },
    body: JSON.stringify({ url, maxListeners: 40, interval: 2 }),
  })
  expect(answer.status).toBe(201)
  return (await answer.json()) as ServerJson
}
