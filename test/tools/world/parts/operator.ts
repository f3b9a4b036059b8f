import type { ServerJson } from '../../../../shared/api/json.ts'
import { printBasic } from '../../../../shared/http/credentials.ts'
import type { Cluster } from '../cluster.ts'
import type { Process } from '../rig/process.ts'
import type { World } from '../world.ts'
import { secrets } from './decides.ts'
import type { Site } from './site.ts'

/** ms between two attempts of an operator who got no answer, and between two looks at what the edges poll */
const againMs = 2000
const lookMs = 20_000

/** What an operator asks of a decider. */
interface Wish {
  decider: Site
  method: 'POST' | 'DELETE'
  path: string
  body?: string | undefined
}

/** The operator of a cluster, who asks until it is done. */
export class Operator {
  readonly #world: World
  readonly #process: Process
  /** by decider and server, the newest wish; an older one is not repeated */
  readonly #wishes = new Map<string, Wish>()
  /** by decider and server: a request is under way, and an operator does not send another before its answer */
  readonly #underWay = new Set<string>()

  constructor(world: World) {
    this.#world = world
    this.#process = world.start(world.machine('operator'))
  }

  ask(decider: Site, method: 'POST' | 'DELETE', path: string): void {
    this.#want(`${decider.host} ${path.split('/')[3]}`, { decider, method, path })
  }

  /** Names a server to poll to an edge. */
  name(decider: Site, { plan }: Site): void {
    if (plan.kind !== 'stock' || !plan.named) return
    const body = JSON.stringify(plan.named)
    const about = `${decider.host} ${plan.named.id}`
    if (this.#wishes.get(about)?.method === 'DELETE') this.#wishes.delete(about)
    this.#want(`${about} named`, { decider, method: 'POST', path: '/api/servers', body })
  }

  /** Names the servers to poll, and again wherever they are missing: a power cut or a damaged store forgets them. */
  lookAfter({ deciders, polled }: Cluster): void {
    const edges = deciders.filter(({ isEdge }) => isEdge)
    if (polled.length === 0) return
    const look = () => {
      this.#process.after(lookMs, look)
      for (const edge of edges) this.#lookAt(edge, polled)
    }
    this.#process.run(() => this.#process.after(againMs, look))
  }

  /** Everything has healed: what was asked last is asked once more, since an answer may have been lost with the store. */
  insist(): void {
    for (const [about, wish] of this.#wishes)
      if (wish.path.endsWith('/undrain')) this.#process.run(() => this.#attempt(about, wish))
  }

  #want(about: string, wish: Wish): void {
    this.#wishes.set(about, wish)
    this.#process.run(() => this.#attempt(about, wish))
  }

  #attempt(about: string, wish: Wish): void {
    if (this.#wishes.get(about) !== wish) return
    const again = () => this.#process.after(againMs, () => this.#attempt(about, wish))
    if (this.#underWay.has(about)) {
      again()
      return
    }
    this.#underWay.add(about)
    const over = () => this.#underWay.delete(about)
    this.#fetch(wish).then(
      ({ status }) => {
        over()
        this.#world.bites.note(`operator answered ${status}`)
        if (status >= 500) again()
      },
      () => {
        over()
        again()
      },
    )
  }

  #lookAt(decider: Site, polled: readonly Site[]): void {
    this.#fetch({ decider, method: 'GET', path: '/api/servers' }).then(
      async (response) => {
        if (response.status !== 200) return
        const servers = (await response.json()) as ServerJson[]
        for (const site of polled) {
          const about = `${decider.host} ${site.host}`
          const known = servers.find(({ id }) => id === site.host)
          const isGone = known === undefined || known.out === 'stale'
          const isUnwanted = this.#wishes.get(about)?.method === 'DELETE'
          if (isGone && !isUnwanted && !this.#underWay.has(`${about} named`)) this.name(decider, site)
        }
      },
      () => {},
    )
  }

  #fetch({ decider, method, path, body }: Omit<Wish, 'method'> & { method: string }): Promise<Response> {
    const authorization = printBasic({ user: 'admin', password: secrets.admin })
    const signal = AbortSignal.timeout(40_000)
    const fetch = this.#world.network.fetchFrom('operator', this.#process)
    const headers = { authorization, ...(body !== undefined && { 'content-type': 'application/json' }) }
    return fetch(`${decider.machine.url}${path}`, {
      method,
      headers,
      signal,
      ...(body !== undefined && { body }),
    })
  }
}
