import type { AboutMount } from '../../../shared/report/about-mount.ts'
import type { Report } from '../../../shared/report/report.ts'
import { mountReport, reportOf } from '../parts/reports.ts'
import { clientOf } from './edge-client.ts'

/** s: a server is stale 4.5 s after its last report */
const interval = 1

/** A server of a staged cluster; a change is reported with the next report, at most a second later. */
export interface StagedServer extends Report {
  isDead?: boolean
}

/** A cluster of reports alone: servers that exist only for the edge, which they report to once a second. */
export class StagedCluster {
  readonly servers = new Map<string, StagedServer>()
  readonly #client: ReturnType<typeof clientOf>
  readonly #timer: NodeJS.Timeout
  readonly #sequence = new Map<string, number>()

  constructor(edgeUrl: string) {
    this.#client = clientOf(edgeUrl)
    this.#timer = setInterval(() => void this.report().catch(() => {}), 900)
  }

  add(id: string, over: Partial<Report>): StagedServer {
    const server: StagedServer = { ...reportOf(id, { interval, ...over }), boot: 'one' }
    this.servers.set(id, server)
    return server
  }

  /** Every server that lives reports. */
  async report(): Promise<void> {
    for (const { isDead, ...report } of this.servers.values()) {
      if (isDead) continue
      const seq = (this.#sequence.get(report.id) ?? 0) + 1
      this.#sequence.set(report.id, seq)
      const answer = await this.#client.report({ ...report, seq })
      if (!answer.ok) throw new Error(`${report.id}: ${answer.status} ${await answer.text()}`)
    }
  }

  stop(): void {
    clearInterval(this.#timer)
  }
}

export const stagedMount = (path: string, listeners: number, about?: AboutMount) =>
  mountReport(path, { listeners, joins: listeners, ...(about && { about }) })

/** A cluster of two masters and four relays on three continents that play three mounts. */
export function stageSix(edgeUrl: string): StagedCluster {
  const cluster = new StagedCluster(edgeUrl)
  const since = new Date(Date.now() - 3_600_000).toISOString()
  const jazz = {
    title: 'So What',
    artist: 'Miles Davis',
    name: 'Jazz around the clock',
    genre: 'jazz',
    since,
  }
  const news = { title: 'The hour', name: 'News', genre: 'talk', since }
  const mounts = (share: number, extra = false) => [
    stagedMount('/jazz.mp3', Math.round(share * 0.6)),
    stagedMount('/news.ogg', Math.round(share * 0.4)),
    ...(extra ? [stagedMount('/choir.opus', 3)] : []),
  ]
  const place = (latitude: number, longitude: number) => ({ location: { latitude, longitude } })
  cluster.add('master1', {
    role: 'master',
    maxListeners: 50,
    listeners: 4,
    ...place(52.5, 13.4),
    mounts: [stagedMount('/jazz.mp3', 4, jazz), stagedMount('/news.ogg', 0, news)],
  })
  cluster.add('master2', {
    role: 'master',
    maxListeners: 50,
    listeners: 3,
    ...place(48.9, 2.35),
    mounts: [stagedMount('/choir.opus', 3, { title: 'Locus iste', artist: 'Bruckner', since })],
  })
  const relays: [string, number, number, number, number][] = [
    ['relay1', 1000, 420, 50.1, 8.7],
    ['relay2', 2000, 1720, 40.7, -74],
    ['relay3', 500, 120, 35.7, 139.7],
    ['relay4', 800, 780, -23.5, -46.6],
  ]
  for (const [id, maxListeners, listeners, latitude, longitude] of relays)
    cluster.add(id, {
      maxListeners,
      listeners,
      bandwidth: listeners * 128,
      maxBandwidth: maxListeners * 150,
      joins: listeners * 3,
      ...place(latitude, longitude),
      mounts: mounts(listeners),
    })
  return cluster
}
