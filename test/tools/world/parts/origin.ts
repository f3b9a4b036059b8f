import { createConfig, type OriginConfig, reload } from '../../../../origin/config/config.ts'
import { parseFlags } from '../../../../origin/config/flags.ts'
import { proven } from '../../../../origin/http/logins.ts'
import type { Decider } from '../../../../origin/listen/decider.ts'
import type { ListenRequest, Placement, Placer } from '../../../../origin/listen/placement.ts'
import type { ActiveMount } from '../../../../origin/mount/mount.ts'
import { OriginParts } from '../../../../origin/parts.ts'
import { shutDown } from '../../../../origin/process/shutdown.ts'
import { viaOf } from '../../../../origin/relay/pull/hops.ts'
import type { Relaying } from '../../../../origin/relay/relaying.ts'
import type { OriginState } from '../../../../origin/state.ts'
import { ServerTable } from '../../../../shared/cluster/server-table.ts'
import { parseHlsPath } from '../../../../shared/hls/paths.ts'
import { sessionOf } from '../../../../shared/hls/session.ts'
import { type Mount, parseMount } from '../../../../shared/mount.ts'
import { serverAgent } from '../../../../shared/version.ts'
import type { Service } from '../rig/network.ts'
import type { Process } from '../rig/process.ts'
import type { Mirror } from '../truth/objects.ts'
import { closedHere, noteTaken } from '../truth/served.ts'
import { Visits } from '../truth/visits.ts'
import type { Machine, World } from '../world.ts'
import { addressOf } from './decides.ts'
import { answerHlsRequest } from './hls/serving.ts'
import { type AnswersRelays, pullFrom, type RelayAnswer, type RelayAsk } from './pull.ts'
import { reportingAs, type Version } from './versions.ts'
import { type Watched, watch, watchSteering } from './watched.ts'
import { LineWire, type PullLine, type Served } from './wire.ts'

/** What a copy of a process has in common with it: a virtual machine came back from a snapshot. */
export interface Snapshot {
  boot: string
  seq: number
}

interface OriginOptions {
  watched: Watched
  version: Version
  snapshot?: Snapshot | undefined
}

/** ms between two looks for silent sources, as origin/server/http-server.ts does it */
const sweepMs = 500

/** One run of the origin's program: its parts, without sockets. */
export class OriginProgram implements Service, AnswersRelays {
  readonly process: Process
  readonly machine: Machine
  /** relays without the relays' password, which count as listeners (docs/protocol.md#relays) */
  readonly guests = new Set<{ mount: Mount }>()
  readonly #parts: OriginParts
  readonly #world: World
  readonly #watched: Watched
  readonly #mirror: Mirror
  /** sessions of HLS that were seen to fetch here */
  readonly visits = new Visits()
  /** sessions that asked while there was room: they may have been accepted, though their master did not answer yet */
  readonly #sessions = new Set<string>()
  /** s, of each mount's playlist */
  readonly #targets = new Map<Mount, number>()

  constructor(world: World, machine: Machine, flags: string, { watched, version, snapshot }: OriginOptions) {
    this.process = world.start(machine)
    const { process } = this
    this.#world = world
    this.#watched = watched
    this.machine = machine
    this.#mirror = world.mirror(machine, process)
    const fetch = this.#mirror.watch(world.network.fetchFrom(machine.host, process))
    this.#parts = new OriginParts(configOf(flags), {
      nowMs: process.nowMs,
      wallMs: () => process.clock.wallMs(),
      timers: process.timers,
      roll: world.rolls(process.name),
      fetch: reportingAs(version, world.bites, fetch),
      lookUp: async (host) => [addressOf(host)],
      pull: pullFrom(world, machine.host, process),
      openTable: () => new ServerTable(machine.disk.open()),
    })
    if (snapshot) {
      this.state.boot = snapshot.boot
      this.#parts.seq = snapshot.seq
    }
    world.network.listen(machine.host, this)
    process.after(0, () => this.#parts.start())
    this.#sweep()
  }

  get config(): OriginConfig {
    return this.#parts.config
  }
  get state(): OriginState {
    return this.#parts.state
  }
  get relaying(): Relaying {
    return this.#parts.relaying
  }
  get decider(): Decider | undefined {
    return this.#parts.decider
  }
  get placer(): Placer {
    return this.#parts.placer
  }
  get id(): string {
    return this.config.id
  }
  get snapshot(): Snapshot {
    return { boot: this.state.boot, seq: this.#parts.seq }
  }
  readonly nowMs = (): number => this.process.nowMs()
  get isLeaving(): boolean {
    return this.#parts.isLeaving
  }

  async answer(request: Request, from: string): Promise<Response> {
    const closed = closedHere(this)
    const session = sessionOf(new URL(request.url).search)
    if (closed === undefined && session !== undefined) this.#sessions.add(session)
    const hls = answerHlsRequest(this.#parts.serving, request, from)
    if (hls) return this.#watchHls(request, await hls, closed)
    const facts = { address: addressOf(from), secure: false, base: this.machine.url }
    return watch(request, {
      watched: this.#watched,
      tampering: this.#world.tampering,
      nowMs: this.process.nowMs,
      answer: (asked) => this.#parts.app.fetch(asked, facts),
    })
  }

  /** What a session got: it is a listener from its first segment. */
  async #watchHls(request: Request, response: Response, closed: string | undefined): Promise<Response> {
    const { tampering } = this.#world
    const { pathname, search } = new URL(request.url)
    const asked = parseHlsPath(pathname)
    const session = sessionOf(search)
    const { kind } = asked?.object ?? {}
    if (asked && (kind === 'media' || kind === 'segment') && response.status === 200) {
      const bytes = new Uint8Array(await response.arrayBuffer())
      if (this.config.masters.length === 0) this.#world.made.add(pathname, bytes)
      else this.#mirror.answered(pathname, bytes)
      if (kind === 'media') this.#sawPlaylist(asked.mount, session, bytes, closed)
      else if (session !== undefined)
        this.visits.served(session, asked.mount, this.#targets.get(asked.mount) ?? 0, this.process.nowMs())
      return new Response(bytes, response)
    }
    if (this.decider) return watchSteering(request, response, { watched: this.#watched, tampering })
    return response
  }

  #sawPlaylist(
    mount: Mount,
    session: string | undefined,
    bytes: Uint8Array,
    closed: string | undefined,
  ): void {
    if (closed !== undefined && session !== undefined && !this.#sessions.has(session))
      noteTaken(this.#world, this.machine.host, 'a session', closed)
    const target = /#EXT-X-TARGETDURATION:(\d+)/.exec(Buffer.from(bytes).toString())?.[1]
    this.#targets.set(mount, Number(target))
  }

  answerRelay({ mount, query, authorization, headers }: RelayAsk): RelayAnswer | Promise<RelayAnswer> {
    const relayLogin = proven(this.config, authorization ?? undefined).relay
    const userAgent = headers.get('user-agent') ?? serverAgent
    const request = { ...listenRequest(mount, query), userAgent, relayLogin }
    const placed = this.placer.place(request)
    const answer = (placement: Placement) => this.#relayAnswer(placement, relayLogin)
    return placed instanceof Promise ? placed.then(answer) : answer(placed)
  }

  #relayAnswer(placement: Placement, isRelay: boolean): RelayAnswer {
    if (!placement.serve) {
      const location = 'location' in placement ? [['location', placement.location] as const] : []
      return { status: placement.status, headers: new Map(location) }
    }
    const { by: mount } = placement
    if (!mount || mount.isStopped) return { status: 404, headers: new Map() }
    const headers = new Map([
      ['content-type', mount.contentType],
      ['via', viaOf(mount.name, mount.info, this.state.viaName)],
    ])
    return { status: 200, headers, stream: (line) => this.#feed(mount, line, isRelay) }
  }

  #feed(mount: ActiveMount, line: PullLine, isRelay: boolean): Served {
    const { network } = this.#world
    const channel = network.channel(this.machine.host, line.host)
    let leave = () => {}
    let hasLeft = false
    const hangUp = () => channel.send(line.closed, line.closed)
    this.process.after(0, () => {
      if (hasLeft) return
      if (mount.isStopped) return hangUp()
      let onClosed = () => {}
      const wire = new LineWire(channel, line, () => onClosed())
      const info = {
        address: addressOf(line.host),
        userAgent: serverAgent,
        connectedAtMs: this.process.nowMs(),
        isRelay,
      }
      const listener = mount.join(wire, new Uint8Array(), info, false)
      const guest = { mount: mount.name }
      if (!isRelay) this.guests.add(guest)
      leave = () => {
        listener.leave()
        this.guests.delete(guest)
      }
      onClosed = () => this.guests.delete(guest)
    })
    // the machine is up: its system closes the connections of a program that is gone
    this.process.onEnd(hangUp)
    if (!this.process.isAlive) hangUp()
    return {
      host: this.machine.host,
      left: () => {
        hasLeft = true
        this.process.run(() => leave())
      },
    }
  }

  place(
    request: Partial<ListenRequest> & Pick<ListenRequest, 'mount' | 'query'>,
  ): Placement | Promise<Placement> {
    return this.placer.place({ ...listenRequest(request.mount, request.query), ...request })
  }

  /** SIGTERM */
  leave(): void {
    if (this.isLeaving) return
    const parts = this.#parts
    const { load } = this.state
    const leaving = {
      leave: () => parts.leave(),
      get isIdle() {
        return load.listeners === 0
      },
      isKnown: parts.isKnown,
      close: async () => {
        parts.stop()
        this.process.kill()
      },
    }
    void shutDown(leaving, this.config.graceMs, this.process.sleep)
  }

  /** SIGHUP with other flags. */
  reload(flags: string): void {
    reload(this.config, configOf(flags))
    this.#parts.reconfigure()
  }

  #sweep(): void {
    const { mounts } = this.state
    this.process.after(sweepMs, () => {
      mounts.dropSilent()
      mounts.expire()
      this.#sweep()
    })
  }
}

const configOf = (flags: string): OriginConfig =>
  createConfig({ flags: parseFlags(flags.split(' ')).settings, environment: {}, file: undefined })

const listenRequest = (mount: Mount, query: string): ListenRequest => ({
  mount,
  query,
  secure: false,
  userAgent: 'player',
  address: addressOf('listener'),
  relayLogin: false,
  head: false,
  range: undefined,
})

/** A mount's name that must be one. */
export function nameOf(path: string): Mount {
  const mount = parseMount(path)
  if (!mount) throw new Error(`${path} is not a mount`)
  return mount
}
