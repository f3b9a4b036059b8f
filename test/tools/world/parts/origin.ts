import { originApp } from '../../../../origin/app.ts'
import { MountAuth } from '../../../../origin/auth/mount-auth.ts'
import { createConfig, type OriginConfig } from '../../../../origin/config/config.ts'
import { parseFlags } from '../../../../origin/config/flags.ts'
import { proven } from '../../../../origin/http/logins.ts'
import { Decider } from '../../../../origin/listen/decider.ts'
import type { ListenRequest, Placement, Placer } from '../../../../origin/listen/placement.ts'
import { createPlacer } from '../../../../origin/listen/placer.ts'
import type { ActiveMount } from '../../../../origin/mount/mount.ts'
import { viaOf } from '../../../../origin/relay/pull/hops.ts'
import { Relaying } from '../../../../origin/relay/relaying.ts'
import { measure, promiseSeconds } from '../../../../origin/report/measure.ts'
import { Reports } from '../../../../origin/report/reports.ts'
import { createState, type OriginState } from '../../../../origin/state.ts'
import { ServerTable } from '../../../../shared/cluster/server-table.ts'
import { parseHlsPath } from '../../../../shared/hls/paths.ts'
import { sessionOf } from '../../../../shared/hls/session.ts'
import { type Mount, parseMount } from '../../../../shared/mount.ts'
import type { Report } from '../../../../shared/report/report.ts'
import { serverAgent } from '../../../../shared/version.ts'
import type { Service } from '../rig/network.ts'
import type { Process } from '../rig/process.ts'
import { closedHere, noteTaken } from '../truth/served.ts'
import { Visits } from '../truth/visits.ts'
import type { Machine, World } from '../world.ts'
import { addressOf } from './decides.ts'
import { ServingHls } from './hls/serving.ts'
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
/** … and for changes that no report brings to light, as origin/program.ts does it */
const lookMs = 1000
const pruneMs = 60_000

/** One run of the origin's program, as origin/program.ts puts it together, without its sockets. */
export class OriginProgram implements Service, AnswersRelays {
  readonly process: Process
  readonly machine: Machine
  readonly config: OriginConfig
  readonly state: OriginState
  readonly reports: Reports
  readonly relaying: Relaying
  readonly decider: Decider | undefined
  readonly placer: Placer
  /** relays without the relays' password, which count as listeners (docs/protocol.md#relays) */
  readonly guests = new Set<{ mount: Mount }>()
  readonly #world: World
  readonly #watched: Watched
  /** sessions of HLS that were seen to fetch here */
  readonly visits = new Visits()
  readonly #hls: ServingHls
  /** sessions that asked while there was room: they may have been accepted, though their master did not answer yet */
  readonly #sessions = new Set<string>()
  /** s, of each mount's playlist */
  readonly #targets = new Map<Mount, number>()
  readonly #app: ReturnType<typeof originApp>
  #boot: string
  #seq: number
  #isLeaving = false

  constructor(world: World, machine: Machine, flags: string, { watched, version, snapshot }: OriginOptions) {
    this.process = world.start(machine)
    const { nowMs, timers } = this.process
    const roll = world.rolls(this.process.name)
    const config = createConfig({
      flags: parseFlags(flags.split(' ')).settings,
      environment: {},
      file: undefined,
    })
    const state = createState(config, nowMs, timers)
    const fetch = world.network.fetchFrom(machine.host, this.process)
    this.#world = world
    this.#watched = watched
    this.machine = machine
    this.config = config
    this.state = state
    this.#boot = snapshot?.boot ?? state.boot
    this.#seq = snapshot?.seq ?? 0
    this.reports = new Reports(config, {
      measure: () => this.#measure(),
      load: () => ({ listeners: state.load.listeners, maxListeners: config.limits.maxListeners }),
      promisedMs: () => promiseSeconds(config.updateIntervalS) * 1000,
      fetch: reportingAs(version, world.bites, fetch),
      timers,
      nowMs,
      roll,
      onReply: () => {},
    })
    state.mounts.onChange(() => this.reports.change())
    state.drain.onChange(() => this.reports.change())
    this.relaying = new Relaying({
      config,
      mounts: state.mounts,
      timers,
      nowMs,
      roll,
      viaName: state.viaName,
      fetch,
      lookUp: async (host) => [addressOf(host)],
      pull: pullFrom(world, machine.host, this.process),
      beforeRequest: (master) => this.reports.flush(master),
      onAnswer: (master, server) => this.reports.seen(master, server),
      onChange: () => this.reports.change(),
    })
    state.mounts.onDemand = this.relaying.relays
    const { masters, publicSlave, edges } = config
    if (publicSlave && masters.length === 0 && edges.length === 0)
      this.decider = new Decider({
        config,
        state,
        table: new ServerTable(machine.disk.open()),
        measure: () => this.#measure(),
        nowMs,
        roll,
      })
    this.placer = createPlacer({
      config,
      state,
      reports: this.reports,
      missed: (mount) => this.relaying.missed(mount),
      mirrors: (mount) => this.relaying.relays.isMirrored(mount),
      decider: this.decider,
      isLeaving: () => this.#isLeaving,
    })
    const auth = new MountAuth({ config, nowMs, timers, fetch })
    this.#hls = new ServingHls({
      process: this.process,
      config,
      state,
      placer: this.placer,
      auth,
      relaying: this.relaying,
      reports: this.reports,
      decider: this.decider,
      roll,
      failed: (mount, error) => world.note(this.process, `cannot serve HLS of ${mount}: ${error}`),
    })
    const stats = {
      config,
      state,
      idle: () => this.relaying.relays.idle(),
      deciders: () => this.reports.deciders(),
    }
    this.#app = originApp({ ...stats, nowMs, auth }, this.decider?.app)
    world.network.listen(machine.host, this)
    this.#begin()
  }

  get id(): string {
    return this.config.id
  }
  get snapshot(): Snapshot {
    return { boot: this.#boot, seq: this.#seq }
  }
  readonly nowMs = (): number => this.process.nowMs()
  get isLeaving(): boolean {
    return this.#isLeaving
  }

  async answer(request: Request, from: string): Promise<Response> {
    const closed = closedHere(this)
    const session = sessionOf(new URL(request.url).search)
    if (closed === undefined && session !== undefined) this.#sessions.add(session)
    const hls = this.#hls.answer(request, from)
    if (hls) return this.#watchHls(request, await hls, closed)
    const facts = { address: addressOf(from), secure: false, base: this.machine.url }
    return watch(request, {
      watched: this.#watched,
      tampering: this.#world.tampering,
      nowMs: this.process.nowMs,
      answer: (asked) => this.#app.fetch(asked, facts),
    })
  }

  /** What a session got: it is a listener from its first segment. */
  async #watchHls(request: Request, response: Response, closed: string | undefined): Promise<Response> {
    const { tampering } = this.#world
    const asked = parseHlsPath(new URL(request.url).pathname)
    const session = sessionOf(new URL(request.url).search)
    if (asked?.object.kind === 'media' && response.status === 200) {
      if (closed !== undefined && session !== undefined && !this.#sessions.has(session))
        noteTaken(this.#world, this.machine.host, 'a session', closed)
      const text = await response.text()
      const target = /#EXT-X-TARGETDURATION:(\d+)/.exec(text)?.[1]
      this.#targets.set(asked.mount, Number(target))
      return new Response(text, response)
    }
    if (asked?.object.kind === 'segment' && response.status === 200 && session !== undefined)
      this.visits.served(session, asked.mount, this.#targets.get(asked.mount) ?? 0, this.process.nowMs())
    if (this.decider) return watchSteering(request, response, { watched: this.#watched, tampering })
    return response
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

  /** SIGTERM: reports that it leaves, and ends once deciders know, or within its grace. */
  leave(): void {
    if (this.#isLeaving) return
    this.#isLeaving = true
    this.decider?.changed()
    const end = () => this.process.after(this.config.graceMs, () => this.process.kill())
    this.reports.leave().then(() => this.process.run(end))
    this.process.after(30_000, () => this.process.kill())
  }

  /** SIGHUP with other flags. */
  reload(flags: string): void {
    const { settings } = parseFlags(flags.split(' '))
    Object.assign(this.config, createConfig({ flags: settings, environment: {}, file: undefined }))
    this.reports.configure()
    this.relaying.configure()
    if (this.config.masters.length === 0) this.reports.change()
  }

  #begin(): void {
    const { process, reports, relaying, state } = this
    process.after(0, () => {
      reports.start()
      relaying.start()
    })
    const every = (ms: number, act: () => void) => {
      process.after(ms, () => {
        act()
        every(ms, act)
      })
    }
    every(sweepMs, () => {
      state.mounts.dropSilent()
      state.mounts.expire()
    })
    every(pruneMs, () => this.decider?.prune())
    every(lookMs, () => this.decider?.look())
  }

  #measure(): Report {
    const { config, state } = this
    const { relays } = this.relaying
    return measure({
      config,
      boot: this.#boot,
      seq: ++this.#seq,
      state: this.#isLeaving ? 'leaving' : state.drain.active ? 'draining' : 'up',
      mounts: state.mounts.list(),
      idle: relays.idle(),
      sessions: state.sessions,
      isMirrored: (mount) => relays.isMirrored(mount),
      load: state.load,
    })
  }
}

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
