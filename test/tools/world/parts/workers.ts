import type { SentReport } from '../../../../edge/workers/exchange.ts'
import type { ClusterStub } from '../../../../edge/workers/remote-cluster.ts'
import { seenData } from '../../../../shared/api/seen.ts'
import type { Registry } from '../../../../shared/cluster/registry.ts'
import type { News } from '../../../../shared/news/published-servers.ts'
import type { Process } from '../rig/process.ts'
import type { Known } from '../truth/ledger.ts'
import type { Machine, World } from '../world.ts'
import type { Answered, Asked, Decides } from './decides.ts'
import type { EdgeSetup } from './edge.ts'
import type { Watched } from './watched.ts'
import { CacheOfRuntime } from './workers/cache.ts'
import { Isolate } from './workers/isolate.ts'
import { ClusterObject, type Made, ReportsObject } from './workers/object.ts'

/** ms: the age from which a snapshot is waited for (docs/protocol.md#the-decision) */
const staleMs = 10_000
/** isolates of one edge on Workers */
const isolatesMany = 3
/** objects that gather reports, in the worlds that have any: so few servers would not need them */
const gatherersMany = 2
/** The host of a cluster's object, as its isolates reach it. */
export const objectHost = (host: string): string => `object-of-${host}`

/** An edge on Workers: an object, and isolates that come and go. */
export class WorkersProgram implements Decides {
  readonly machine: Machine
  readonly #world: World
  readonly #watched: Watched
  readonly #setup: EdgeSetup
  readonly #store: CacheOfRuntime
  readonly #roll: () => number
  #object: ClusterObject
  #isolates: Isolate[]
  #gatherers: (ReportsObject | undefined)[]
  #isStopped = false
  /** by server: when the object told an isolate last that it does not answer */
  readonly #unreachableMs = new Map<string, number>()
  /** the object starts again: what it must know is what was stored */
  readonly #onStart: () => void

  constructor(world: World, machine: Machine, setup: EdgeSetup, watched: Watched, onStart: () => void) {
    this.#world = world
    this.machine = machine
    this.#watched = watched
    this.#setup = setup
    this.#store = new CacheOfRuntime(world.rolls(`cache ${machine.host}`))
    this.#onStart = onStart
    this.#roll = world.rolls(`workers ${machine.host}`)
    this.#object = new ClusterObject(world, machine, setup, watched)
    this.#gatherers = Array.from({
      length: world.rolls(`gatherers ${machine.host}`)() < 0.5 ? gatherersMany : 0,
    })
    this.#isolates = Array.from({ length: isolatesMany }, () => this.#newIsolate())
  }

  /** of the object, which is all that a cluster on Workers keeps */
  get process(): Process {
    return this.#object.process
  }
  get registry(): Registry {
    return this.#object.registry
  }
  get isUp(): boolean {
    return !this.#isStopped
  }
  readonly nowMs = (): number => this.machine.clock.wallMs()

  /** An isolate answers, whichever gets the request. */
  place(asked: Asked): Answered | Promise<Answered> {
    const isolate = this.#isolates[Math.floor(this.#roll() * this.#isolates.length)]
    let answered: Answered | Promise<Answered>
    isolate?.process.run(() => {
      answered = isolate.place(asked)
    })
    this.lastKnown = isolate?.knowledge.now()
    const lagMs = this.nowMs() - (this.lastKnown?.allMs ?? 0)
    if (!(answered instanceof Promise) && lagMs > staleMs && !this.#isStopped)
      this.#world.violate(
        'a listener waits for a snapshot that is too old',
        `${this.machine.host} answered by one of ${Math.round(lagMs)} ms`,
      )
    return answered
  }
  /** of the isolate that answered last */
  lastKnown: Known | undefined

  answer(request: Request, from: string): Promise<Response> {
    const [isolate] = this.#isolates
    return isolate ? isolate.answer(request, from) : Promise.reject(new Error('no isolate'))
  }

  /** A new version is deployed: isolates of the old one are beside those of the new one, and end one after the other. */
  deploy(): void {
    this.#object.process.kill()
    this.#endGatherers()
    for (const [i] of this.#isolates.entries()) this.#world.after(2000 * (i + 1), () => this.#replace(i))
  }

  /** The runtime evicts an isolate. */
  evictIsolate(share: number): void {
    this.#replace(Math.floor(share * this.#isolates.length))
  }

  stop(): void {
    this.#isStopped = true
    this.#object.process.kill()
    this.#endGatherers()
    for (const { process } of this.#isolates) process.kill()
  }

  #endGatherers(): void {
    for (const each of this.#gatherers) each?.process.kill()
  }

  #replace(i: number): void {
    if (this.#isStopped) return
    this.#isolates[i]?.process.kill()
    this.#isolates = this.#isolates.with(i, this.#newIsolate())
    this.#world.bites.note('isolate replaced')
  }

  #newIsolate(): Isolate {
    return new Isolate((isolate) => this.stubFor(isolate), this.#world, this.machine, this.#setup, {
      watched: this.#watched,
      store: this.#store,
    })
  }

  /** The object, which starts with the call that needs it. */
  #wake(): ClusterObject {
    if (this.#isStopped) throw new Error('this version is gone')
    if (this.#object.process.isAlive) return this.#object
    this.#object = new ClusterObject(this.#world, this.machine, this.#setup, this.#watched)
    this.#world.bites.note('object started again')
    this.#onStart()
    return this.#object
  }

  /** Whether an isolate that knows the cluster of that moment may take a server for one that does not answer. */
  mayDoubt(id: string, knownMs: number): boolean {
    return knownMs <= (this.#unreachableMs.get(id) ?? 0)
  }

  #noteUnreachable({ view }: Registry): void {
    for (const [id, { reachable }] of view.servers) if (!reachable) this.#unreachableMs.set(id, this.nowMs())
  }

  #wakeOr<Called>(wake: () => Called, failed: (why: unknown) => void): Called | undefined {
    try {
      return wake()
    } catch (error) {
      failed(error)
      return undefined
    }
  }

  /** The object accepts a report, as the observer sees it. */
  async #accept({ cluster, exchange }: ClusterObject, { post, epoch }: SentReport): Promise<Made> {
    const tampered = this.#world.tampering.report?.(post.sourcelist) ?? post.sourcelist
    const answer = await cluster.accept({ ...post, sourcelist: tampered })
    const atMs = this.nowMs()
    this.#watched.reported(post.sourcelist, answer.status, atMs)
    const { id } = answer
    const own = epoch === undefined || id === undefined ? undefined : exchange.published.one(id, epoch)
    return { answer, own, gatherers: this.#gatherers.length, atMs }
  }

  #gatherer(i: number): ReportsObject {
    const last = this.#gatherers[i]
    if (last?.process.isAlive) return last
    const pass = (caller: Process, reports: SentReport[]) =>
      this.#call(caller, async (object) => {
        const accepted: Made[] = []
        for (const report of reports) accepted.push(await this.#accept(object, report))
        return accepted
      })
    const made = new ReportsObject(this.#world.start(this.machine), pass)
    this.#gatherers = this.#gatherers.with(i, made)
    return made
  }

  /** A report by an object that gathers them: over two lines. */
  #acceptBy(caller: Process, i: number, report: SentReport): Promise<Made> {
    const bytes = report.post.sourcelist.length
    this.#world.bites.note('report gathered')
    return this.#send(
      caller,
      () => this.#gatherer(i),
      ({ gathering }) => gathering.add(report, bytes),
    )
  }

  /** The object as an isolate calls it: over a line of its own, its replies held back until its writes are durable. */
  stubFor({ process, knowledge }: Isolate): ClusterStub {
    const { nowMs } = this
    const call = <T>(run: (object: ClusterObject) => T | Promise<T>) => this.#call(process, run)
    const tampered = (page: News) => this.#world.tampering.news?.(page) ?? page
    const learn = async (accepting: Promise<Made>) => {
      const { atMs, ...accepted } = await accepting
      const { answer, own } = accepted
      if (own && answer.id !== undefined) knowledge.accepted(answer.id, own.epoch, atMs)
      return own ? { ...accepted, own: tampered(own) } : accepted
    }
    return {
      exchange: async (sent, have) => {
        const askedMs = nowMs()
        const { news, madeMs } = await call(({ exchange }) => {
          const made = exchange.exchange(sent, have, nowMs())
          return { news: made, madeMs: nowMs() }
        })
        if (!news.isLast) this.#world.bites.note('page of news')
        knowledge.page(news, have, { askedMs, madeMs, nowMs: nowMs() })
        return tampered(news)
      },
      accept: (post, epoch) => learn(call((object) => this.#accept(object, { post, epoch }))),
      acceptBy: (gatherer, post, epoch) => learn(this.#acceptBy(process, gatherer, { post, epoch })),
      register: (registration) =>
        call(async ({ cluster }) => {
          const answer = await cluster.register(registration)
          const { host, port, interval } = registration
          const query = new URLSearchParams({ rserver: host, rport: `${port}`, interval: `${interval}` })
          this.#watched.registered(query, answer.status, nowMs())
          return answer
        }),
      addPolled: (body) =>
        call(async ({ cluster }) => {
          const answer = await cluster.addPolled(this.#world.tampering.named?.(body) ?? body)
          if ('id' in answer) this.#watched.named(body, nowMs())
          return answer
        }),
      setDrain: (id, drained, by) =>
        call(async ({ cluster }) => {
          const found = await cluster.setDrain(id, drained, by)
          if (found) this.#watched.done(drained ? 'drain' : 'undrain', id)
          return found
        }),
      forget: (id, by) =>
        call(async ({ cluster }) => {
          const found = await cluster.forget(id, by)
          if (found) this.#watched.done('delete', id)
          return found
        }),
      wrongLogin: (login) => call(({ cluster }) => cluster.wrongLogin(login)),
      history: (query) => call(({ cluster }) => cluster.history(query)),
      plays: (query) => call(({ cluster }) => cluster.plays(query)),
      seen: () => call(({ registry }) => seenData(registry, nowMs())),
      events: () => call(({ cluster }) => cluster.events()),
      check: () => call(({ cluster }) => cluster.check()),
    }
  }

  #call<T>(caller: Process, run: (object: ClusterObject) => T | Promise<T>): Promise<T> {
    return this.#send(
      caller,
      () => this.#wake(),
      async (object) => {
        const result = await run(object)
        this.machine.disk.sync()
        this.#noteUnreachable(object.registry)
        return result
      },
    )
  }

  #send<Called extends { process: Process }, T>(
    caller: Process,
    wake: () => Called,
    run: (called: Called) => Promise<T>,
  ): Promise<T> {
    const { network } = this.#world
    const here = this.machine.host
    const there = objectHost(here)
    return new Promise<T>((resolve, reject) => {
      const fail = (why: unknown) => caller.run(() => reject(why))
      const reset = () => fail(new Error('Network connection lost'))
      const back = (settle: () => void) => network.send(there, here, () => caller.run(settle), reset)
      const arrive = () => {
        const called = this.#wakeOr(wake, (why) => back(() => reject(why)))
        called?.process.run(() => {
          Promise.resolve(called)
            .then(run)
            .then(
              (result) => back(() => resolve(structuredClone(result))),
              (error: unknown) => back(() => reject(error)),
            )
        })
      }
      network.send(here, there, arrive, reset)
    })
  }
}
