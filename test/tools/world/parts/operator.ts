import { printBasic } from '../../../../shared/http/credentials.ts'
import type { Process } from '../rig/process.ts'
import type { World } from '../world.ts'
import { secrets } from './decides.ts'
import type { Site } from './site.ts'

/** ms between two attempts of an operator who got no answer */
const againMs = 2000

/** The operator of a cluster, who asks until it is done. */
export class Operator {
  readonly #world: World
  readonly #process: Process
  /** by decider and server, the newest wish; an older one is not repeated */
  readonly #wishes = new Map<string, number>()
  #count = 0

  constructor(world: World) {
    this.#world = world
    this.#process = world.start(world.machine('operator'))
  }

  ask(decider: Site, method: 'POST' | 'DELETE', path: string): void {
    const about = `${decider.host} ${path.split('/')[3]}`
    const wish = ++this.#count
    this.#wishes.set(about, wish)
    const attempt = () => {
      if (this.#wishes.get(about) !== wish) return
      const again = () => this.#process.after(againMs, attempt)
      this.#fetch(decider, method, path).then(({ status }) => {
        this.#world.bites.note(`operator answered ${status}`)
        if (status >= 500) again()
      }, again)
    }
    this.#process.run(attempt)
  }

  #fetch(decider: Site, method: string, path: string): Promise<Response> {
    const authorization = printBasic({ user: 'admin', password: secrets.admin })
    const signal = AbortSignal.timeout(10_000)
    const fetch = this.#world.network.fetchFrom('operator', this.#process)
    return fetch(`${decider.machine.url}${path}`, { method, headers: { authorization }, signal })
  }
}
