import { afterEach, expect, test } from 'vitest'
import { printBasic } from '../../../shared/http/credentials.ts'
import { printSourcelist } from '../../../shared/report/sourcelist.ts'
import { sparse, startSource } from '../../kit/audio/source.ts'
import { eventually } from '../../kit/base/eventually.ts'
import { serverAt } from '../../kit/cluster/cluster.ts'
import { reportOf } from '../../kit/parts/reports.ts'
import {
  masterAt,
  type Server,
  secrets,
  slaveOf,
  startEdge,
  startOrigin,
} from '../../kit/process/runtimes.ts'
import { crowd, type Seat, takeSeat } from '../../kit/wire/crowd.ts'
import { countHeads } from '../../kit/wire/head-requests.ts'

const ends: (() => unknown)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})

/** An edge, a master that accepts no listeners, and slaves with these numbers of slots, all in the draw. */
async function clusterOf(slots: readonly number[]) {
  const edge = await startEdge('node')
  ends.push(() => edge.stop())
  const master = await startOrigin('node', [...masterAt(edge), '--max-listeners', '0'])
  ends.push(() => master.stop())
  const source = startSource({ url: `${master.url}/live.mp3`, password: secrets.source, programme: sparse })
  ends.push(() => source.close())
  const slaves = await Promise.all(
    slots.map((max) => startOrigin('node', [...slaveOf(edge), '--max-listeners', String(max)])),
  )
  ends.push(() => Promise.all(slaves.map((slave) => slave.stop())))
  for (const slave of slaves) await eventually(async () => (await serverAt(edge, slave))?.out === null)
  return { edge, slaves, url: `${edge.url}/live.mp3` }
}

const stay = (seats: readonly Seat[]) => ends.push(() => seats.map((seat) => seat.leave()))
const originOf = (seat: Seat) => new URL(seat.hops.at(-1) ?? '').origin

// 100 slots vary by 3.4 points (one standard deviation of draws without replacement): one run in 200 exceeds 10 by chance
test('S3: a crowd that fills 85 % of six slaves in 10 s is refused nowhere and fills them equally', {
  retry: 1,
}, async () => {
  const slots = [50, 100, 150, 200, 300, 400]
  const { slaves, url } = await clusterOf(slots)
  const total = slots.reduce((sum, max) => sum + max, 0)
  const seats = await crowd(url, Math.round(total * 0.85), 10_000)
  stay(seats)
  expect(seats.filter(({ status }) => status !== 200)).toEqual([])
  const fills = slaves.map((slave, i) => {
    const taken = seats.filter((seat) => originOf(seat) === slave.url).length
    return { slots: slots[i] ?? 0, percent: (100 * taken) / (slots[i] ?? 1) }
  })
  for (const { slots, percent } of fills)
    if (slots >= 100) expect(Math.abs(percent - 85), `${slots} slots`).toBeLessThanOrEqual(10)
})

// some of them reach a full server, in most runs: the sentence is about those that do
test('at 98 % fill a listener that reaches a full server is served by another after one more hop', {
  retry: 1,
}, async () => {
  const slots = [50, 400, 600]
  const { slaves, url } = await clusterOf(slots)
  // listeners that bypass the edge take slots that it does not know of until the next report
  const [first] = slaves as [Server]
  const [unseen, seats] = await Promise.all([
    crowd(`${first.url}/live.mp3`, 40, 300),
    crowd(url, Math.round(1050 * 0.98) - 40, 3000),
  ])
  stay([...unseen, ...seats])
  const all = [...unseen, ...seats]
  expect(all.filter(({ status }) => status !== 200)).toEqual([])
  for (const { hops } of all) {
    expect(hops.length, hops.join(' → ')).toBeLessThanOrEqual(4)
    // edge → server → edge → server, and for listeners that bypassed the edge: server → edge → server
    const asked = hops.map((hop) => (hop.startsWith(url) ? 'edge' : 'server')).join(' ')
    expect(['edge server', 'edge server edge server', 'server', 'server edge server']).toContain(asked)
  }
})

test('a full server sends back with its id, and serves or refuses a request with any x', async () => {
  const { edge, slaves } = await clusterOf([1, 1])
  const [first] = slaves as [Server]
  const seat = await takeSeat(`${first.url}/live.mp3`)
  stay([seat])
  expect(seat.status).toBe(200)
  const answer = (query: string) => fetch(`${first.url}/live.mp3${query}`, { redirect: 'manual' })
  const known = await serverAt(edge, first)
  const sentBack = await answer('?token=1')
  expect(sentBack.status).toBe(302)
  expect(sentBack.headers.get('location')).toBe(
    `${edge.url}/live.mp3?token=1&x=${encodeURIComponent(known?.id ?? '')}`,
  )
  for (const query of ['?x=-', '?x=whoever', '?token=1&x=-'])
    expect((await answer(query)).status, query).toBe(403)
})

test('3,000 GETs in a row that no client follows cause no 503, at servers 90 % full', async () => {
  const edge = await startEdge('node')
  ends.push(() => edge.stop())
  const url = `${edge.url}/live.mp3`
  for (const id of ['a', 'b', 'c']) {
    const report = reportOf(id, { maxListeners: 200, listeners: 180, interval: 3600 })
    const accepted = await fetch(`${edge.url}/admin/sourcelist.txt`, {
      method: 'POST',
      headers: {
        Authorization: printBasic({ user: 'relay', password: secrets.relay }),
        'Content-Type': 'text/plain',
      },
      body: printSourcelist(report),
    })
    expect(accepted.status).toBe(200)
  }
  const answers = await countHeads(url, 3000, 'GET')
  expect([...answers.keys()].filter((answer) => !answer.startsWith('http://'))).toEqual([])
})
