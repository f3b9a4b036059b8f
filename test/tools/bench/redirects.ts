import { listenerAddresses, postReports, startBenchEdge } from './cluster.ts'
import { type Running, startBareBun, startHaproxy, startNginx } from './controls.ts'
import type { Plan } from './plan.ts'
import { has, pin } from './processes.ts'
import { median, type Table, whole } from './table.ts'
import { load, type Round } from './wrk.ts'

/** concurrent requests */
const connections = 64
/** the processor that a program under load is pinned to; the load has another */
const cpu = 0
const headers = `["Host"] = "radio.example.org", ["User-Agent"] = "VLC/3.0.20 LibVLC/3.0.20", ["Icy-MetaData"] = "1"`
/** A listener that connects directly. */
const directly = `wrk.path, wrk.headers = "/live.mp3", { ${headers} }`
/** Listeners of sixteen cities in turn, through a proxy that forwards their addresses. */
const throughProxy = `
local requests, at = {}, 0
init = function()
  for i, address in ipairs({ ${listenerAddresses.map((address) => `"${address}"`).join(', ')} }) do
    requests[i] = wrk.format("GET", "/live.mp3", { ${headers}, ["X-Forwarded-For"] = address })
  end
end
request = function()
  at = at % #requests + 1
  return requests[at]
end`

/** A measured program, and the preparation of each of its rounds. */
interface Contender {
  name: string
  /** the row of nginx that it is compared with: the one that is sent the same heads */
  against: string
  servers: number | undefined
  running: Running
  /** what wrk sends */
  script: string
  prepare(): Promise<void>
  rounds: Round[]
}

/**
 * Redirects a second and the processor time of each: the whole edge on every runtime with a growing number of servers,
 * compared with nginx and haproxy sending the same headers. They take turns in every round, so that other work of the
 * machine affects all of them equally.
 */
export async function benchRedirects(plan: Plan): Promise<Table> {
  const contenders: Contender[] = []
  try {
    await startAll(contenders, plan)
    // the first round is an extra one to warm up, and does not count
    for (let round = 0; round <= plan.rounds; round++)
      for (const each of contenders) {
        await each.prepare()
        const measured = await load(each.running, { connections, seconds: plan.seconds, script: each.script })
        if (round > 0) each.rounds.push(measured)
      }
  } finally {
    await Promise.all(contenders.map(({ running }) => running.stop()))
  }
  return tableOf(contenders, plan)
}

const direct = { script: directly, against: 'nginx' }
const proxied = { script: throughProxy, against: 'nginx, behind a proxy' }

async function startAll(contenders: Contender[], { servers: counts, runtimes }: Plan): Promise<void> {
  const add = (contender: Omit<Contender, 'rounds'>) => {
    contenders.push({ ...contender, rounds: [] })
    pin(contender.running.group, cpu)
  }
  const addControl = (name: string, running: Running, way = direct) =>
    add({ ...way, name, servers: undefined, running, prepare: async () => {} })
  const addEdge = (name: string, servers: number, running: Running, way = direct) =>
    // fresh reports: all servers are live, and the redirects of the round before are no longer debited
    add({ ...way, name, servers, running, prepare: () => postReports(running.url, servers) })
  if (has('nginx')) addControl(direct.against, await startNginx())
  if (has('haproxy')) addControl('haproxy', await startHaproxy())
  for (const servers of counts)
    for (const runtime of runtimes) addEdge(`edge on ${runtime}`, servers, await startBenchEdge(runtime))
  if (has('nginx')) addControl(proxied.against, await startNginx(), proxied)
  if (runtimes.includes('bun')) {
    addControl('bare socket on bun, behind a proxy', await startBareBun('socket'), proxied)
    addControl('Bun.serve alone, behind a proxy', await startBareBun('serve'), proxied)
  }
  for (const servers of counts) {
    const running = await startBenchEdge(runtimes[0] ?? 'bun', { TRUSTED_PROXIES: '127.0.0.1' })
    addEdge(`edge on ${runtimes[0]}, behind a proxy`, servers, running, proxied)
  }
}

function tableOf(contenders: readonly Contender[], { rounds, seconds }: Plan): Table {
  const middle = (name: string, servers: number | undefined, value: (round: Round) => number) =>
    median(
      (contenders.find((each) => each.name === name && each.servers === servers)?.rounds ?? []).map(value),
    )
  const perSecond = (round: Round) => round.perSecond
  const cpuMicros = (round: Round) => round.cpuMicros
  return {
    title: 'Redirects',
    note:
      `GET of a mount, ${connections} connections, locations of servers and listeners known (behind a proxy 16 locations and 65,536 addresses, else one), redirects debited; program ` +
      `and load on a processor each; ${rounds} interleaved rounds of ${seconds} s, medians. nginx = 1 by processor ` +
      `time a redirect and by rate, with the same heads: behind a proxy each has another address, which is more work for the load too; "of 100" is the rate that the time allows against the same runtime with 100 servers.`,
    columns: ['', 'servers', 'per second', 'CPU µs', 'by CPU', 'by rate', 'of 100', 'p99 ms', 'MiB'],
    rows: contenders.map(({ name, servers, against, rounds: measured }) => {
      const time = median(measured.map(cpuMicros))
      const rate = median(measured.map(perSecond))
      const of = (value: number) => (Number.isFinite(value) ? value.toFixed(2) : '')
      return [
        name,
        servers === undefined ? '' : whole(servers),
        whole(rate),
        time.toFixed(2),
        of(middle(against, undefined, cpuMicros) / time),
        of(rate / middle(against, undefined, perSecond)),
        of(middle(name, servers && 100, cpuMicros) / time),
        median(measured.map((round) => round.p99Ms)).toFixed(2),
        whole(median(measured.map((round) => round.residentBytes / 2 ** 20))),
      ]
    }),
  }
}
