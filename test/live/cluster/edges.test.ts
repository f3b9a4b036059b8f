import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Source, sparse, startSource } from '../../kit/audio/source.ts'
import { eventually } from '../../kit/base/eventually.ts'
import { serverAt } from '../../kit/cluster/cluster.ts'
import {
  masterAt,
  type Server,
  secrets,
  slaveOf,
  startEdge,
  startOrigin,
} from '../../kit/process/runtimes.ts'
import { crowd, type Seat } from '../../kit/wire/crowd.ts'

/** Three edges on three runtimes, a master and three slaves that report to each of them. */
const slots = [100, 200, 300]
const data = mkdtempSync(join(tmpdir(), 'edges-'))
let edges: Server[] = []
let origins: Server[] = []
let source: Source | undefined

beforeAll(async () => {
  edges = await Promise.all([startEdge('node'), startEdge('bun', { DATA_DIR: data }), startEdge('deno')])
  const [first, ...others] = edges as [Server, ...Server[]]
  const alsoTo = others.flatMap((edge) => ['--edge', edge.url])
  const password = ['--edge-password', secrets.relay]
  const master = await startOrigin('node', [...masterAt(first), ...alsoTo, '--max-listeners', '0'])
  source = startSource({ url: `${master.url}/live.mp3`, password: secrets.source, programme: sparse })
  const slaves = await Promise.all(
    slots.map((max) =>
      startOrigin('node', [...slaveOf(first), ...alsoTo, ...password, '--max-listeners', String(max)]),
    ),
  )
  origins = [master, ...slaves]
  for (const edge of edges)
    for (const slave of slaves) await eventually(async () => (await serverAt(edge, slave))?.out === null)
})
afterAll(async () => {
  source?.close()
  await Promise.all([...edges, ...origins].map((server) => server.stop()))
  rmSync(data, { recursive: true })
})

const originOf = (seat: Seat) => new URL(seat.hops.at(-1) ?? '').origin

test("three independent edges fill the slaves equally: each counts the others' listeners by their joins", async () => {
  const seats = (await Promise.all(edges.map((edge) => crowd(`${edge.url}/live.mp3`, 170, 12_000)))).flat()
  expect(seats.filter(({ status }) => status !== 200)).toEqual([])
  const taken = origins.slice(1).map((slave) => seats.filter((seat) => originOf(seat) === slave.url).length)
  // drawn without replacement, 100 slots vary by 3.4 points (one standard deviation), and each edge learns only from reports
  for (const [i, count] of taken.entries())
    expect(Math.abs((100 * count) / (slots[i] ?? 1) - 85), `${slots[i]} slots`).toBeLessThanOrEqual(15)
  for (const seat of seats) seat.leave()
})

test('an edge that is killed leaves the others working, and redirects at its first request once it is back', async () => {
  const [first, killed] = edges as [Server, Server]
  killed.program.kill('SIGKILL')
  await killed.program.exited
  const ask = (edge: Server) => fetch(`${edge.url}/live.mp3`, { redirect: 'manual' })
  expect((await ask(first)).status).toBe(302)
  const back = await startEdge('bun', { DATA_DIR: data })
  edges[1] = back
  expect((await ask(back)).status).toBe(302)
})
