import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openStore } from '../../../edge/runtime/sqlite.ts'
import { printSourcelist } from '../../../shared/report/sourcelist.ts'
import { eventually } from '../../kit/base/eventually.ts'
import { mountReport } from '../../kit/parts/reports.ts'
import { freePort } from '../../kit/process/ports.ts'
import { start } from '../../kit/process/process.ts'
import { edgeProgram } from '../../kit/process/programs.ts'
import { secrets } from '../../kit/process/runtimes.ts'
import { benchReport } from './cluster.ts'
import type { BenchRuntime, Plan } from './plan.ts'
import { usageOf } from './processes.ts'
import { median, type Table, whole } from './table.ts'

/** servers in the database, and the mounts of each */
const [servers, mounts] = [10_000, 100]

/** From the start of an edge with very many stored servers until its first redirect. */
export async function benchRestart({ rounds, runtimes }: Plan): Promise<Table> {
  const dataDir = mkdtempSync(join(tmpdir(), 'restart-'))
  try {
    fill(dataDir)
    const megabytes = statSync(join(dataDir, 'edge.sqlite')).size / 1e6
    const rows: string[][] = []
    for (const runtime of runtimes) {
      const all: Restarted[] = []
      for (let round = 0; round < rounds; round++) all.push(await restart(runtime, dataDir))
      const of = (value: (restarted: Restarted) => number) => median(all.map(value))
      rows.push([
        `edge on ${runtime}`,
        of(({ cpuSeconds }) => cpuSeconds).toFixed(2),
        of(({ seconds }) => seconds).toFixed(2),
        whole(of(({ residentBytes }) => residentBytes) / 2 ** 20),
      ])
    }
    return {
      title: 'Restart',
      note: `An edge with ${whole(servers)} stored servers of ${mounts} mounts each, a database of ${megabytes.toFixed(0)} MB: from its start to its first redirect, ${rounds} rounds, medians. Processor time contains that of helpers which collect garbage.`,
      columns: ['', 'processor, s', 'by the clock, s', 'MiB'],
      rows,
    }
  } finally {
    rmSync(dataDir, { recursive: true })
  }
}

/** Writes the reports that the servers posted before. */
function fill(dataDir: string): void {
  const store = openStore(dataDir)
  store.table.together(() => {
    for (let i = 0; i < servers; i++) {
      const lines = Array.from({ length: mounts }, (_, k) =>
        mountReport(`/mount${k}.mp3`, { listeners: (i * 7 + k * 13) % 50, joins: 1000 + ((i + k) % 9000) }),
      )
      const report = benchReport(i, servers, {
        interval: 3600,
        mounts: lines,
        role: i < 2 ? 'master' : 'slave',
      })
      store.table.put({
        id: report.id,
        receivedAtMs: Date.now(),
        sourcelist: printSourcelist(report),
        carriesAll: false,
        formerBoots: [],
        formerMounts: [],
        polled: false,
        location: undefined,
      })
    }
  })
  store.close()
}

interface Restarted {
  seconds: number
  cpuSeconds: number
  residentBytes: number
}

async function restart(runtime: BenchRuntime, dataDir: string): Promise<Restarted> {
  const port = await freePort()
  const begunMs = performance.now()
  const edge = start(runtime, [...(runtime === 'deno' ? ['run', '-A'] : []), edgeProgram], {
    env: {
      DATA_DIR: dataDir,
      HOST: '127.0.0.1',
      PORT: String(port),
      PROBE: '0',
      LOG_LEVEL: 'error',
      RELAY_PASSWORD: secrets.relay,
      ADMIN_PASSWORD: secrets.admin,
    },
  })
  try {
    const asked = () => fetch(`http://127.0.0.1:${port}/mount7.mp3`, { redirect: 'manual' })
    await eventually(async () => (await asked()).status === 302, { withinMs: 60_000, everyMs: 10 })
    return { seconds: (performance.now() - begunMs) / 1000, ...usageOf(edge.pid) }
  } finally {
    await edge.stop()
  }
}
