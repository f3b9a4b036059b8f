import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '../../kit/ports.ts'
import { edgeProgram, originProgram } from '../../kit/programs.ts'
import { type EdgeRuntime, masterAt, type OriginRuntime, secrets, slaveOf } from '../../kit/runtimes.ts'
import { numbered, type Programme, type Source, startSource } from '../../kit/source.ts'
import { Audience } from './audience.ts'
import { Member, type MemberPlan } from './member.ts'

/** What a trial starts. */
export interface ClusterPlan {
  edge: EdgeRuntime
  origins: OriginRuntime
  slaves: number
  listeners: number
  seed: number
}

/** How a network lets the programs be elsewhere than on 127.0.0.1. */
export interface Places {
  /** the address of a program, and the words before its command that put it there */
  placeOf(name: string): { host: string; before: readonly string[] }
}

const here: Places = { placeOf: () => ({ host: '127.0.0.1', before: [] }) }

const mount = '/live.mp3'
/** s between two reports, as `masterAt` and `slaveOf` have it */
const interval = 2
/** joins a second of the first crowd */
const joinsPerSecond = 150
/** ms that a listener stays on average: some come at any moment of a fault */
const stayMs = 30_000
/** slots of each server: all listeners fit on one */
const slots = ['--max-listeners', '1500']

/** The programs of a trial, its source and its listeners, and what was seen that must not be. */
export class Cluster {
  readonly plan: ClusterPlan
  readonly folder: string
  readonly edge: Member
  /** the present one: a twin may take its place */
  master: Member
  readonly slaves: readonly Member[]
  readonly sources: Source[] = []
  /** masters whose place a twin has taken, for what they printed and did */
  readonly former: Member[] = []
  readonly faults: string[] = []
  audience: Audience | undefined
  /** when a gap is no fault: while the line between a master and a slave, or one of these, is out */
  readonly gapsAllowed: { fromMs: number; untilMs: number; hosts: readonly string[] | undefined }[] = []
  #ends: (() => unknown)[] = []

  private constructor(plan: ClusterPlan, folder: string, members: readonly [Member, Member, ...Member[]]) {
    this.plan = plan
    this.folder = folder
    const [edge, master, ...slaves] = members
    this.edge = edge
    this.master = master
    this.slaves = slaves
  }

  /** Plans all of it; nothing runs yet. */
  static async make(plan: ClusterPlan, places: Places = here): Promise<Cluster> {
    const folder = mkdtempSync(join(tmpdir(), 'faults-'))
    const at = async (name: string) => ({ name, ...places.placeOf(name), port: await freePort() })
    const edge = new Member(edgeAt(plan.edge, await at('edge'), folder))
    const master = new Member(originAt(plan.origins, await at('master'), masterAt(edge)))
    const slaves: Member[] = []
    for (let i = 1; i <= plan.slaves; i++)
      slaves.push(new Member(originAt(plan.origins, await at(`slave${i}`), slaveOf(edge))))
    return new Cluster(plan, folder, [edge, master, ...slaves])
  }

  get origins(): readonly Member[] {
    return [this.master, ...this.slaves]
  }

  get members(): readonly Member[] {
    return [this.edge, ...this.origins]
  }

  /** Starts the programs and the source, but no listener. */
  async start(): Promise<void> {
    await this.edge.start()
    await this.master.start()
    this.play(this.master)
    await Promise.all(this.slaves.map((slave) => slave.start()))
  }

  /** Starts a source at a master: the frames from a number on. */
  play(master: Member, from = 0): Source {
    const programme: Programme = { ...numbered, at: (n) => numbered.at(from + n) }
    const source = startSource({ url: master.url + mount, password: secrets.source, programme })
    this.sources.push(source)
    return source
  }

  /** The listeners come. */
  gather(): Audience {
    const { listeners: count, seed } = this.plan
    this.audience = new Audience({
      url: this.edge.url + mount,
      count,
      perSecond: joinsPerSecond,
      stayMs,
      seed,
    })
    return this.audience
  }

  /** A master that takes the place of another one, with an address of its own. */
  async twinOf(master: Member): Promise<Member> {
    const place = {
      name: `${master.name}'s twin`,
      host: master.plan.host,
      before: [],
      port: await freePort(),
    }
    return new Member(originAt(this.plan.origins, place, masterAt(this.edge)))
  }

  /** Gaps are expected from now on until they are closed, of listeners at these servers, or at all. */
  allowGaps(members?: readonly Member[]): () => void {
    const hosts = members?.map(({ address }) => address)
    const allowed = { fromMs: Date.now(), untilMs: Number.POSITIVE_INFINITY, hosts }
    this.gapsAllowed.push(allowed)
    return () => {
      allowed.untilMs = Date.now()
    }
  }

  /** Called when the trial ends, the last one first. */
  onEnd(end: () => unknown): void {
    this.#ends.push(end)
  }

  async stop(): Promise<void> {
    for (const source of this.sources) source.close()
    await this.audience?.stop()
    await Promise.all([...this.members, ...this.former].map((member) => member.stop()))
    for (const end of this.#ends.splice(0).reverse()) await end()
    rmSync(this.folder, { recursive: true, force: true })
  }
}

type Place = Pick<MemberPlan, 'name' | 'host' | 'port'> & { before: readonly string[] }

function edgeAt(runtime: EdgeRuntime, place: Place, folder: string): MemberPlan {
  const command: MemberPlan['command'] =
    runtime === 'deno' ? ['deno', 'run', '-A', edgeProgram] : [runtime, edgeProgram]
  const env = {
    RELAY_PASSWORD: secrets.relay,
    ADMIN_PASSWORD: secrets.admin,
    PROBE: '0',
    DATA_DIR: join(folder, 'store'),
    HOST: place.host,
    PORT: String(place.port),
  }
  return { ...place, runtime, command, env, path: '/healthz' }
}

function originAt(runtime: OriginRuntime, place: Place, flags: readonly string[]): MemberPlan {
  const { host, port } = place
  const own = ['--port', String(port), '--bind', host, '--public-url', `http://${host}:${port}`]
  const env = {
    ORIGIN_SOURCE_PASSWORD: secrets.source,
    ORIGIN_RELAY_PASSWORD: secrets.relay,
    ORIGIN_ADMIN_PASSWORD: secrets.admin,
    ORIGIN_MASTER_PASSWORD: secrets.relay,
  }
  const command: MemberPlan['command'] = [runtime, originProgram, ...own, ...slots, ...flags]
  return { ...place, runtime, command, env, path: '/status-json.xsl', interval }
}
