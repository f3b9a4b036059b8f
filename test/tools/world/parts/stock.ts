import { printBasic } from '../../../../shared/http/credentials.ts'
import { type Mount, parseMount } from '../../../../shared/mount.ts'
import type { Service } from '../rig/network.ts'
import type { Process } from '../rig/process.ts'
import type { Machine, World } from '../world.ts'
import { secrets } from './decides.ts'
import { pullFrom } from './pull.ts'

/** ms between two attempts of a relay, as `relay` blocks of icecast.xml have it in a short form */
const relayAgainMs = 5000
/** ms of silence after which Icecast drops a source (`source-timeout`) */
const sourceTimeoutMs = 10_000
const agents = { icecast: 'Icecast 2.4.4', kh: 'Icecast 2.4.0-kh22' } as const
/** ms between two looks of an icecast-kh that does not register for its master's list, and until it gives up on an answer */
const listMs = 10_000
const listTimeoutMs = 5000

/** What a stock Icecast relays, and for how many listeners. */
export interface StockSetup {
  /** where its relays ask, in this order */
  from: readonly string[]
  mounts: readonly Mount[]
  /** what it plays of its own, which is nothing of the cluster's (S6) */
  own: Mount
  /** `limits/clients` */
  clients: number
  /** an icecast-kh: a slave that relays what its master's list names, with the relays' password */
  isKh?: boolean
  /** `master-redirect`: it registers with its master, so often in s */
  registers?: { port: number; interval: number }
}

interface Relayed {
  /** ends its relay */
  close: () => void
  listeners: number
  peak: number
  connections: number
  /** told that the stream has ended */
  readonly onEnd: Set<() => void>
}

const nobody = (close = () => {}): Relayed => ({
  close,
  listeners: 0,
  peak: 0,
  connections: 0,
  onEnd: new Set(),
})

/**
 * A stock Icecast as relay: it reports nothing and sends nobody back. A 2.4 relays what its file names, shows no password and tells its
 * counts in `status-json.xsl`; an icecast-kh relays what its master's list names, by password, tells its counts as XML to its admin, and may
 * register (docs/polled-servers.md, docs/icecast.md#masters-and-slaves). Written down from what they do, so it shares nothing with our programs.
 */
export class StockProgram implements Service {
  readonly process: Process
  readonly machine: Machine
  readonly #world: World
  readonly #setup: StockSetup
  readonly #relayed = new Map<Mount, Relayed>()
  /** of an icecast-kh: what its master's list names, and the relay that was begun for it */
  readonly #wanted = new Map<Mount, symbol>()
  readonly #startedAt: string
  readonly #authorization: string

  /** @param password of relays */
  constructor(world: World, machine: Machine, setup: StockSetup, password: string) {
    this.process = world.start(machine)
    this.machine = machine
    this.#world = world
    this.#setup = setup
    this.#startedAt = new Date(machine.clock.wallMs()).toISOString().replace(/\.\d+Z$/, '+0000')
    this.#relayed.set(setup.own, nobody())
    this.#authorization = printBasic({ user: 'relay', password })
    if (setup.isKh) this.process.run(() => this.process.after(500, () => this.#list()))
    else
      for (const [i, mount] of setup.mounts.entries())
        this.process.after(500 * i, () => this.#relay(mount, 0))
    world.network.listen(machine.host, this)
  }

  /** what the counts of a run call it */
  get name(): string {
    if (!this.#setup.isKh) return 'a stock Icecast'
    return this.#setup.registers ? 'an icecast-kh that registers' : 'an icecast-kh that is polled'
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
    if (this.#setup.isKh) return Promise.resolve(this.#answerAdmin(pathname, request))
    if (pathname !== '/status-json.xsl') return Promise.resolve(new Response('not found', { status: 404 }))
    const text = JSON.stringify({ icestats: this.#stats() })
    const told = this.#world.tampering.answer?.(pathname, text) ?? text
    return Promise.resolve(new Response(told, { headers: { 'content-type': 'application/json' } }))
  }

  stop(): void {
    this.process.kill()
  }

  /** An icecast-kh has no JSON; its XML is for its admin. */
  #answerAdmin(pathname: string, { headers }: Request): Response {
    if (pathname !== '/admin/stats') return new Response('not found', { status: 404 })
    const admin = printBasic({ user: 'admin', password: secrets.admin })
    if (headers.get('authorization') !== admin) return new Response('', { status: 401 })
    return new Response(this.#statsXml(), { headers: { 'content-type': 'text/xml' } })
  }

  #statsXml(): string {
    const sources = [...this.#relayed].map(
      ([mount, { listeners, peak, connections }]) =>
        `  <source mount="${mount}">\n    <bitrate>128</bitrate>\n    <listener_connections>${connections}</listener_connections>\n` +
        `    <listener_peak>${peak}</listener_peak>\n    <listeners>${listeners}</listeners>\n    <max_listeners>unlimited</max_listeners>\n` +
        '    <server_type>audio/mpeg</server_type>\n  </source>\n',
    )
    return (
      `<?xml version="1.0"?>\n<icestats>\n  <listeners>${this.listeners}</listeners>\n  <server_id>${agents.kh}</server_id>\n` +
      `  <server_start>${this.#startedAt}</server_start>\n${sources.join('')}</icestats>\n`
    )
  }

  /** An icecast-kh asks its one master for the list, and registers by that. A list that does not come leaves everything as it is. */
  #list(): void {
    const { from, registers } = this.#setup
    this.process.after(registers ? registers.interval * 1000 : listMs, () => this.#list())
    const query = registers
      ? `?rserver=${this.machine.host}&rport=${registers.port}&interval=${registers.interval}`
      : ''
    void this.#ask(`http://${from[0]}/admin/streams${query}`)
      .then((list) => list ?? this.#ask(`http://${from[0]}/admin/streamlist.txt${query}`))
      .then((list) => list !== undefined && this.#follow(list))
  }

  async #ask(url: string): Promise<string | undefined> {
    const fetch = this.#world.network.fetchFrom(this.machine.host, this.process)
    const headers = { authorization: this.#authorization, 'user-agent': agents.kh }
    try {
      const answer = await fetch(url, { headers, signal: AbortSignal.timeout(listTimeoutMs) })
      return answer.status === 200 ? await answer.text() : undefined
    } catch {
      return undefined
    }
  }

  /** It uses lines that begin with `/` alone, and closes relays that the list does not name any more. */
  #follow(list: string): void {
    const named = list.split(/\r?\n/).flatMap((line) => (line.startsWith('/') ? [parseMount(line)] : []))
    for (const mount of named) if (mount !== undefined && !this.#wanted.has(mount)) this.#want(mount)
    for (const mount of [...this.#wanted.keys()]) {
      if (named.includes(mount)) continue
      this.#wanted.delete(mount)
      this.#relayed.get(mount)?.close()
    }
  }

  #want(mount: Mount): void {
    this.#wanted.set(mount, Symbol(mount))
    this.#relay(mount, 0)
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
      server_id: agents.icecast,
      server_start_iso8601: this.#startedAt,
      ...(only && { source: sources.length === 1 ? only : sources }),
    }
  }

  #relay(mount: Mount, attempt: number): void {
    const { from } = this.#setup
    const url = new URL(`http://${from[attempt % from.length]}${mount}`)
    const wanted = this.#wanted.get(mount)
    const end = () => {
      const relayed = this.#relayed.get(mount)
      this.#relayed.delete(mount)
      for (const ended of [...(relayed?.onEnd ?? [])]) ended()
      this.process.after(relayAgainMs, () => {
        if (this.#wanted.get(mount) === wanted) this.#relay(mount, attempt + 1)
      })
    }
    const { timers } = this.process
    const reach = { configured: '', allowsInside: true, lookUp: async () => [] }
    // an icecast-kh passes its password on to wherever it is redirected
    const authorizationFor = () => (this.#setup.isKh ? this.#authorization : undefined)
    const asked = { authorizationFor, reach, silenceMs: sourceTimeoutMs, icy: false, hop: '', timers }
    const agent = this.#setup.isKh ? agents.kh : agents.icecast
    const pull = pullFrom(
      this.#world,
      this.machine.host,
      this.process,
      agent,
    )(url, asked, {
      opened: () => {
        const close = () => {
          pull.close()
          end()
        }
        this.#relayed.set(mount, nobody(close))
        this.#world.bites.note(this.#setup.isKh ? 'icecast-kh fed' : 'stock Icecast fed')
      },
      data: () => {},
      lost: end,
    })
  }
}
