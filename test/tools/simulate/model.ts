import { Agenda } from './agenda.ts'
import { createServers, mountDraw } from './cluster.ts'
import type { SimDecider, SimRequest } from './decider.ts'
import { isForbidden } from './forbidden.ts'
import { type CrowdOutcome, emptyOutcome } from './outcome.ts'
import { createDecider, isShared } from './policies.ts'
import { drawIndex, rolls, waitFor } from './random.ts'
import { Reporting } from './reporting.ts'
import { citySpread, fullShareOf, sampleOf, sdOfFill } from './sample.ts'
import type { SimServer } from './server.ts'
import { type Fault, leavesPerSecond, type Setting } from './setting.ts'
import { createGeography, type Geography } from './world/geography.ts'

/** seconds between two samples of the servers' fill */
const sampleS = 1

/** Simulates a crowd at a cluster under one policy, event by event. The same setting, policy and seed give the same outcome. */
export const simulate = (setting: Setting, policy: string, seed: number): CrowdOutcome =>
  new Simulation(setting, policy, seed).run()

class Simulation {
  #setting: Setting
  #servers: SimServer[]
  #edges: SimDecider[]
  #agenda = new Agenda()
  #reporting: Reporting
  #outcome = emptyOutcome()
  /** dice of the listeners; separate from the deciders' dice, so that all policies meet the same crowd */
  #arrivals: () => number
  #drawEdge: (isCrowd: boolean) => number
  #drawMount: () => number
  /** which arrivals are of the crowd, in settings where that matters */
  #drawCrowd: () => number
  #geography: Geography
  /** by server, in the mean over the time measured */
  #meanFill: Float64Array
  /** server 0 is in trouble */
  #faulty = false

  constructor(setting: Setting, policy: string, seed: number) {
    this.#setting = setting
    this.#geography = createGeography(setting, seed)
    this.#servers = createServers(setting, this.#geography, rolls(seed, 0))
    this.#meanFill = new Float64Array(setting.servers)
    const world = { setting, geography: this.#geography, servers: this.#servers, roll: rolls(seed, 1) }
    // if it does not matter which edge is asked, one represents all
    const edges = isShared(policy) ? 1 : setting.edges
    this.#edges = Array.from({ length: edges }, () => createDecider(policy, world))
    this.#reporting = new Reporting(setting, this.#agenda, this.#edges)
    this.#arrivals = rolls(seed, 2)
    this.#drawMount = mountDraw(setting, rolls(seed, 3))
    this.#drawCrowd = rolls(seed, 8)
    this.#drawEdge = edgeDraw(setting, edges, rolls(seed, 4))
    this.#scheduleAll(rolls(seed, 5))
  }

  run(): CrowdOutcome {
    const { beforeS, crowdS, crowd, afterS, startFill, slots } = this.#setting
    const coming = startFill * slots * leavesPerSecond
    this.#runUntil(-beforeS, 0, coming, 0)
    this.#runUntil(0, crowdS, coming, crowdS > 0 ? crowd / crowdS : 0)
    this.#runUntil(crowdS, crowdS + afterS, coming, 0)
    this.#outcome.citySpread = citySpread(this.#servers, this.#meanFill)
    this.#outcome.endSd = sdOfFill(this.#servers)
    return this.#outcome
  }

  #scheduleAll(roll: () => number): void {
    const { beforeS, crowdS, afterS, intervalS, faults } = this.#setting
    for (const server of this.#servers) this.#reporting.schedule(server, -beforeS + roll() * intervalS)
    for (const fault of faults) this.#agenda.add(fault.atS, () => this.#begin(fault))
    for (let atS = 0; atS <= crowdS + afterS; atS += sampleS) this.#agenda.add(atS, () => this.#sample(atS))
  }

  /** Listeners join at steady rates, those of the background and those of the crowd, between the events of the agenda. */
  #runUntil(fromS: number, untilS: number, coming: number, crowding: number): void {
    const perSecond = coming + crowding
    const crowdShare = crowding / perSecond
    let arrivalS = fromS + waitFor(perSecond, this.#arrivals)
    for (;;) {
      if (this.#agenda.nextDue <= Math.min(arrivalS, untilS)) this.#agenda.runNext()
      else if (arrivalS > untilS) return
      else {
        this.#arrive(arrivalS, crowdShare > 0 && this.#drawCrowd() < crowdShare)
        arrivalS += waitFor(perSecond, this.#arrivals)
      }
    }
  }

  #arrive(nowS: number, isCrowd: boolean): void {
    const edge = this.#edges[this.#drawEdge(isCrowd)]
    const asked = { mount: this.#drawMount(), from: this.#geography.listener(isCrowd), except: undefined }
    const outcome = nowS < 0 ? undefined : this.#outcome
    if (!edge) return
    if (outcome) outcome.joins++
    const first = this.#redirect(edge, asked, nowS)
    if (first === 'taken') return
    const again = this.#setting.sendBack && first?.answers
    if (outcome && again) outcome.sentBack++
    if (again && this.#redirect(edge, { ...asked, except: first.index }, nowS) === 'taken') return
    if (!outcome) return
    outcome.rejected++
    if (first === undefined) outcome.unplaced++
    if (this.#faulty && first?.index === 0) outcome.lostToFault++
  }

  /** Sends a listener to a server: returns `taken`, or the server that rejected it; undefined if no server was drawn. */
  #redirect(edge: SimDecider, asked: SimRequest, nowS: number) {
    const { mount, from, except } = asked
    const index = edge.place(asked, nowS)
    const server = index === undefined ? undefined : this.#servers[index]
    if (!server) return undefined
    if (nowS >= 0) {
      if (index === except || this.#isForbidden(server, mount, nowS)) this.#outcome.forbidden++
      if (this.#faulty && server.index === 0) this.#outcome.sentToFault++
    }
    const taken = server.join(mount, nowS)
    this.#reporting.considerEarly(server, !taken, nowS)
    if (!taken) return server
    if (nowS >= 0) this.#measure(from, server)
    return 'taken'
  }

  #isForbidden({ index }: SimServer, mount: number, nowS: number): boolean {
    const { heard } = this.#reporting
    return isForbidden(heard[index], mount, nowS, this.#reporting.isExcused(nowS))
  }

  #measure(from: SimRequest['from'], { index }: SimServer): void {
    const km = this.#geography.kmFrom(from)
    if (!km) return
    const least = km.reduce((a, b) => Math.min(a, b))
    this.#outcome.km += km[index] ?? 0
    this.#outcome.kmNearest += least
    if (km[index] === least) this.#outcome.atNearest++
  }

  #begin(fault: Fault): void {
    if (fault.kind === 'reports lost') this.#reporting.lostUntilS = fault.untilS
    else if (fault.kind === 'edges restart') for (const edge of this.#edges) edge.restart?.(fault.atS)
    else this.#strike(fault)
  }

  #strike({ kind, atS }: Extract<Fault, { atS: number; untilS?: never }>): void {
    const [server] = this.#servers
    if (!server || kind === 'edges restart') return
    const rooms = this.#servers.map((each) => each.room(0, atS))
    this.#outcome.faultShare = (rooms[0] ?? 0) / rooms.reduce((sum, each) => sum + each, 0)
    this.#faulty = true
    if (kind === 'crash' || kind === 'reboot') server.crash()
    if (kind === 'reboot') server.boot()
    else if (kind !== 'crash') server.state = kind
    // it reports a change at once
    if (kind === 'draining' || kind === 'reboot') this.#reporting.hasten(server, atS)
  }

  #sample(atS: number): void {
    const { crowdS, afterS } = this.#setting
    this.#outcome.samples.push(sampleOf(this.#servers, atS))
    this.#outcome.fullShare += (fullShareOf(this.#servers, atS) * sampleS) / (crowdS + afterS)
    for (const { index, used, capacity } of this.#servers)
      this.#meanFill[index] = (this.#meanFill[index] ?? 0) + ((used / capacity) * sampleS) / (crowdS + afterS)
  }
}

/** Draws the edge that a listener asks. */
function edgeDraw({ edgeShares }: Setting, edges: number, roll: () => number): (isCrowd: boolean) => number {
  if (edgeShares === 'zipf') return () => drawIndex(edges, (k) => 1 / (k + 1), roll) ?? 0
  return (isCrowd) => (isCrowd && edgeShares === 'crowd at one' ? 0 : Math.floor(roll() * edges))
}
