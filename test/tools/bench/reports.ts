import { printSourcelist } from '../../../shared/report/sourcelist.ts'
import { mountReport } from '../../kit/parts/reports.ts'
import { benchReport, relayLogin, startBenchEdge } from './cluster.ts'
import type { Running } from './controls.ts'
import type { BenchRuntime, Plan } from './plan.ts'
import { pin } from './processes.ts'
import { median, type Table, whole } from './table.ts'
import { load, type Round } from './wrk.ts'

const mountCounts = [1, 100, 1000]
/** servers that report in turn: an edge accepts only ten reports a second from each of them over time */
const servers = 400
/** concurrent posts */
const connections = 16
/** the processor that an edge is pinned to; the load has another */
const cpu = 0

/** Lua that posts the reports of `servers` servers in turn, each with this number of mounts. */
function scriptOf(mounts: number): string {
  const lines = Array.from({ length: mounts }, (_, m) => mountReport(`/mount${m}.mp3`, { listeners: m }))
  const body = printSourcelist(benchReport(0, servers, { mounts: lines }))
  return `
local requests, at = {}, 0
init = function()
  local body = [==[\n${body}]==]
  for i = 1, ${servers} do
    requests[i] = wrk.format("POST", "/admin/sourcelist.txt",
      { ["Authorization"] = "${relayLogin}", ["Content-Type"] = "text/plain; charset=utf-8" }, (body:gsub("relay0", "relay" .. i)))
  end
end
request = function()
  at = at % #requests + 1
  return requests[at]
end`
}

/** Reports a second, stored before they are answered, and the processor time of each, with a growing number of mounts. */
export async function benchReports({ rounds, seconds, runtimes }: Plan): Promise<Table> {
  const edges: { runtime: BenchRuntime; running: Running }[] = []
  const measured = new Map<string, Round[]>()
  try {
    for (const runtime of runtimes) {
      const running = await startBenchEdge(runtime)
      edges.push({ runtime, running })
      pin(running.group, cpu)
    }
    // the first round is an extra one to warm up, and does not count
    for (let round = 0; round <= rounds; round++)
      for (const mounts of mountCounts)
        for (const { runtime, running } of edges) {
          const taken = await load(running, { connections, seconds, script: scriptOf(mounts) })
          const name = `${runtime} ${mounts}`
          if (round > 0) measured.set(name, [...(measured.get(name) ?? []), taken])
        }
  } finally {
    await Promise.all(edges.map(({ running }) => running.stop()))
  }
  return {
    title: 'Reports',
    note: `POST of sourcelist.txt by ${servers} servers, ${connections} connections, kept in SQLite in memory; ${rounds} interleaved rounds of ${seconds} s, medians.`,
    columns: ['', 'mounts', 'per second', 'CPU µs', 'CPU µs a mount', 'p99 ms'],
    rows: mountCounts.flatMap((mounts) =>
      runtimes.map((runtime) => {
        const taken = measured.get(`${runtime} ${mounts}`) ?? []
        const micros = median(taken.map((round) => round.cpuMicros))
        return [
          `edge on ${runtime}`,
          whole(mounts),
          whole(median(taken.map((round) => round.perSecond))),
          whole(micros),
          (micros / mounts).toFixed(2),
          median(taken.map((round) => round.p99Ms)).toFixed(2),
        ]
      }),
    ),
  }
}
