import type { Mount } from '../../../../shared/mount.ts'
import type { Service } from '../rig/network.ts'
import type { Process } from '../rig/process.ts'
import type { Machine, World } from '../world.ts'
import { pullFrom } from './pull.ts'

/** ms between two attempts of a relay, as `relay` blocks of icecast.xml have it in a short form */
const relayAgainMs = 5000
/** ms of silence after which Icecast drops a source (`source-timeout`) */
const sourceTimeoutMs = 10_000
const agent = 'Icecast 2.4.4'

/** What a stock Icecast relays, and for how many listeners. */
export interface StockSetup {
  /** where its relays ask, in this order */
  from: readonly string[]
  mounts: readonly Mount[]
  /** what it plays of its own, which is nothing of the cluster's (S6) */
  own: Mount
  /** `limits/clients` */
  clients: number
}

interface Relayed {
  listeners: number
  peak: number
  connections: number
  /** told that the stream has ended */
  readonly onEnd: Set<() => void>
}

const nobody = (): Relayed => ({ listeners: 0, peak: 0, connections: 0, onEnd: new Set() })

/**
 * A stock Icecast 2.4 as relay: it knows no edge, shows no password, reports nothing, sends nobody back, and tells its counts in
 * `status-json.xsl` (docs/polled-servers.md). Written down from what Icecast does, so it shares nothing with our programs but its lines.
 */
export class StockProgram implements Service {
  readonly process: Process
  readonly machine: Machine
  readonly #world: World
  readonly #setup: StockSetup
  readonly #relayed = new Map<Mount, Relayed>()
  readonly #startedAt: string

  constructor(world: World, machine: Machine, setup: StockSetup) {
    this.process = world.start(machine)
    this.machine = machine
    this.#world = world
    this.#setup = setup
    this.#startedAt = new Date(machine.clock.wallMs()).toISOString().replace(/\.\d+Z$/, '+0000')
    this.#relayed.set(setup.own, nobody())
    for (const [i, mount] of setup.mounts.entries()) this.process.after(500 * i, () => this.#relay(mount, 0))
    world.network.listen(machine.host, this)
  }

  get listeners(): number {
    let sum = 0
    for (const { listeners } of this.#relayed.values()) sum += listeners
    return sum
  }

  readonly nowMs = (): number => this.process.nowMs()

  /** A listener comes; returns how it leaves, or the status of its refusal. */
  join(mount: Mount, lost: () => void): (() => void) | 403 | 404 {
    const relayed = this.#relayed.get(mount)
    if (!relayed) return 404
    if (this.listeners >= this.#setup.clients) return 403
    relayed.listeners++
    relayed.connections++
    relayed.peak = Math.max(relayed.peak, relayed.listeners)
    let isHere = true
    const end = () => {
      if (!isHere) return
      isHere = false
      relayed.listeners--
      relayed.onEnd.delete(ended)
    }
    const ended = () => {
      end()
      lost()
    }
    relayed.onEnd.add(ended)
    return () => this.process.run(end)
  }

  answer(request: Request): Promise<Response> {
    const { pathname } = new URL(request.url)
    if (pathname !== '/status-json.xsl') return Promise.resolve(new Response('not found', { status: 404 }))
    const text = JSON.stringify({ icestats: this.#stats() })
    const told = this.#world.tampering.answer?.(pathname, text) ?? text
    return Promise.resolve(new Response(told, { headers: { 'content-type': 'application/json' } }))
  }

  stop(): void {
    this.process.kill()
  }

  /** One source is an object, several are an array, none is left out: as Icecast's stylesheet prints them. */
  #stats(): object {
    const sources = [...this.#relayed].map(([mount, { listeners, peak }]) => ({
      'ice-bitrate': 128,
      listener_peak: peak,
      listeners,
      listenurl: `http://localhost:8000${mount}`,
      server_name: 'Unspecified name',
      server_type: 'audio/mpeg',
      stream_start_iso8601: this.#startedAt,
    }))
    const [only] = sources
    return {
      server_id: agent,
      server_start_iso8601: this.#startedAt,
      ...(only && { source: sources.length === 1 ? only : sources }),
    }
  }

  #relay(mount: Mount, attempt: number): void {
    const { from } = this.#setup
    const url = new URL(`http://${from[attempt % from.length]}${mount}`)
    const end = () => {
      const relayed = this.#relayed.get(mount)
      this.#relayed.delete(mount)
      for (const ended of [...(relayed?.onEnd ?? [])]) ended()
      this.process.after(relayAgainMs, () => this.#relay(mount, attempt + 1))
    }
    const { timers } = this.process
    const reach = { configured: '', allowsInside: true, lookUp: async () => [] }
    const authorizationFor = () => undefined
    const asked = { authorizationFor, reach, silenceMs: sourceTimeoutMs, icy: false, hop: '', timers }
    pullFrom(
      this.#world,
      this.machine.host,
      this.process,
      agent,
    )(url, asked, {
      opened: () => {
        this.#relayed.set(mount, nobody())
        this.#world.bites.note('stock Icecast fed')
      },
      data: () => {},
      lost: end,
    })
  }
}
