import { wishSeconds } from '../../../shared/cluster/pace.ts'
import { Registry } from '../../../shared/cluster/registry.ts'
import { ServerTable } from '../../../shared/cluster/server-table.ts'
import { decide } from '../../../shared/draw/decide.ts'
import type { Mount } from '../../../shared/mount.ts'
import type { Report } from '../../../shared/report/report.ts'
import { printSourcelist } from '../../../shared/report/sourcelist.ts'
import { memorySql } from '../../kit/base/sqlite.ts'
import { mountOf } from '../../kit/parts/reports.ts'
import type { SimDecider, SimRequest, World } from './decider.ts'
import { nameOf } from './server.ts'

/** ms on the deciders' clock when a crowd starts: not 0, so that nothing can depend on 0. */
const epochMs = 1_000_000_000
const msOf = (nowS: number) => epochMs + nowS * 1000
const policy = { httpsOnly: false }

/** The project's own decision, as an edge makes it: its registry, its draw, its debit, its learned factor. */
export class Ours implements SimDecider {
  #table: ServerTable | undefined
  #registry: Registry
  #mounts: Mount[]
  #indexes: Map<string, number>
  #ids: string[]
  #roll: () => number

  constructor({ setting, servers, roll }: World) {
    // a store only if it will be read again: it takes as long as everything else
    this.#table = setting.faults.some(({ kind }) => kind === 'edges restart')
      ? new ServerTable(memorySql())
      : undefined
    this.#registry = new Registry(this.#table, 100, msOf(0))
    this.#mounts = setting.rates.map(({ kbps }) => mountOf(nameOf(kbps)))
    this.#ids = servers.map(({ id }) => id)
    this.#indexes = new Map(servers.map(({ id, index }) => [id, index]))
    this.#roll = roll
  }

  take(_index: number, report: Report, nowS: number): void {
    const text = this.#table ? printSourcelist(report) : ''
    const refused = this.#registry.put(report, text, msOf(nowS))
    if (refused) throw new Error(JSON.stringify(refused))
  }

  place({ mount, from, except }: SimRequest, nowS: number): number | undefined {
    const name = this.#mounts[mount]
    if (name === undefined) return undefined
    const asked = {
      mount: name,
      secure: false,
      relay: false,
      from: from && { location: from },
      except: except === undefined ? undefined : this.#ids[except],
    }
    const decision = decide(this.#registry.current(msOf(nowS)), asked, msOf(nowS), this.#roll, policy)
    if (typeof decision === 'string') return undefined
    const { view } = this.#registry
    this.#registry.redirected(decision.server, view.kbpsAt(name, decision.server))
    return this.#indexes.get(decision.server.report.id)
  }

  wish({ interval }: Report, nowS: number): number {
    const { view, pace } = this.#registry
    return wishSeconds(interval, pace.pressureOf(view, msOf(nowS)))
  }

  restart(nowS: number): void {
    this.#registry = new Registry(this.#table, 100, msOf(nowS))
  }
}
