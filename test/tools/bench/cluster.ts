import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Report } from '../../../shared/report/report.ts'
import { printSourcelist } from '../../../shared/report/sourcelist.ts'
import { writeMmdb } from '../../kit/base/mmdb.ts'
import { mountReport, reportOf } from '../../kit/parts/reports.ts'
import { type EdgeRuntime, secrets, startEdge } from '../../kit/process/runtimes.ts'
import type { Running } from './controls.ts'

/** slots of all servers together: enough that every server still has room after a minute of load */
const slots = 1_000_000_000
/** seconds: no server becomes stale during the measurement */
const interval = 60
/** concurrent posts while the servers are registered */
const postsAtOnce = 50

/** The location of listeners that connect from this machine. */
const here = { network: '127.0.0.0/8', latitude: 52.5, longitude: 13.4 }
/** Sixteen cities with listeners behind a proxy: the networks 10.0.0.0/12 to 10.240.0.0/12. */
const cities = Array.from({ length: 16 }, (_, i) => ({
  network: `10.${i * 16}.0.0/12`,
  latitude: 25 + ((i * 7) % 35),
  longitude: -120 + i * 16.5,
}))

/** Addresses of listeners behind a proxy, the cities taking turns: more than an edge remembers, each in a /24 of its own. */
export const listenerAddresses = Array.from(
  { length: 65_536 },
  (_, i) => `10.${(i % 16) * 16 + ((i >> 4) % 16)}.${i >> 8}.${1 + (i % 250)}`,
)

/** The report of server `i` of `count`: slots unlike its neighbours', a location on a grid over the northern half. */
export const benchReport = (i: number, count: number, over: Partial<Report> = {}): Report =>
  reportOf(`relay${i}`, {
    interval,
    urls: [`http://relay${i}.example.org:8000`, `https://relay${i}.example.org:8443`],
    maxListeners: Math.ceil((slots / count) * (0.5 + (i % 11) / 10)),
    location: { latitude: 20 + ((i * 13) % 45), longitude: -170 + ((i * 37) % 340) },
    mounts: [mountReport('/live.mp3')],
    ...over,
  })

/** An edge of this runtime as a separate program, with a database of locations. */
export async function startBenchEdge(
  runtime: Exclude<EdgeRuntime, 'workers'>,
  env: Record<string, string> = {},
): Promise<Running> {
  const database = join(mkdtempSync(join(tmpdir(), 'geo-')), 'city.mmdb')
  writeFileSync(
    database,
    writeMmdb(
      Object.fromEntries(
        [here, ...cities].map(({ network, latitude, longitude }) => [
          network,
          { country: { iso_code: 'DE' }, location: { latitude, longitude } },
        ]),
      ),
    ),
  )
  const edge = await startEdge(runtime, {
    LOG_LEVEL: 'warning',
    GEO_DB: database,
    ...env,
  })
  return { url: edge.url, group: edge.program.pid, stop: () => edge.stop() }
}

/** Basic credentials of a relay, as in a header. */
export const relayLogin = `Basic ${btoa(`relay:${secrets.relay}`)}`

/** Posts the reports of `count` servers, a few at a time. Throws at the first that is rejected. */
export async function postReports(url: string, count: number): Promise<void> {
  let next = 0
  const poster = async () => {
    while (next < count) {
      const report = benchReport(next++, count)
      const answer = await fetch(`${url}/admin/sourcelist.txt`, {
        method: 'POST',
        headers: { Authorization: relayLogin, 'Content-Type': 'text/plain; charset=utf-8' },
        body: printSourcelist(report),
      })
      const text = await answer.text()
      if (answer.status !== 200) throw new Error(`the report of ${report.id}: ${answer.status} ${text}`)
    }
  }
  await Promise.all(Array.from({ length: Math.min(postsAtOnce, count) }, poster))
}
