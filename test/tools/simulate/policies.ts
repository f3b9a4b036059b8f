import { limits } from '../../../shared/limits.ts'
import type { Report } from '../../../shared/report/report.ts'
import type { SimDecider, SimRequest, World } from './decider.ts'
import { Ours } from './ours.ts'
import { drawIndex } from './random.ts'
import { costOf } from './setting.ts'
import { type ChooseNear, mirrorbits, type NearKnown, nearestWithRoom } from './world/near.ts'

/** The state of all policies other than ours: the last report of each server, and their own redirects since. */
interface Known {
  n: number
  capacity: Float64Array
  used: Float64Array
  /** cost of the own redirects since the report */
  own: Float64Array
  /** whether it may be drawn: it is live, up and not left out */
  isOpen: (index: number) => boolean
  /** undefined if no location is known */
  near: NearKnown | undefined
}

type Choose = (known: Known, roll: () => number) => number | undefined

const weighted =
  (weigh: (known: Known, index: number) => number): Choose =>
  (known, roll) =>
    drawIndex(known.n, (i) => (known.isOpen(i) ? weigh(known, i) : 0), roll)

const highest =
  (score: (known: Known, index: number) => number): Choose =>
  (known) => {
    let best: number | undefined
    let bestScore = Number.NEGATIVE_INFINITY
    for (let i = 0; i < known.n; i++) {
      if (!known.isOpen(i) || score(known, i) <= bestScore) continue
      best = i
      bestScore = score(known, i)
    }
    return best
  }

const betterOfTwo =
  (choose: Choose): Choose =>
  (known, roll) => {
    const a = choose(known, roll)
    const b = choose(known, roll)
    if (a === undefined || b === undefined) return a
    return fillOf(known, a) <= fillOf(known, b) ? a : b
  }

const at = (numbers: Float64Array, index: number) => numbers[index] ?? 0
const fillOf = ({ used, capacity }: Known, i: number) => at(used, i) / at(capacity, i)
const uniform = weighted(() => 1)
const bySize = weighted(({ capacity }, i) => at(capacity, i))

const withDebit = 'argmax and debit (MistServer)'

const choices = {
  'uniform (icecast-kh)': uniform,
  'static weights': bySize,
  'least loaded': highest((known, i) => -fillOf(known, i)),
  [withDebit]: highest(({ used, own, capacity }, i) => 1 - (at(used, i) + at(own, i)) / at(capacity, i)),
  'two choices': betterOfTwo(uniform),
  'two choices by size': betterOfTwo(bySize),
  'free slots, no debit': weighted(({ used, capacity }, i) => Math.max(0, at(capacity, i) - at(used, i))),
} satisfies Record<string, Choose>

const byDistance =
  (choose: ChooseNear): Choose =>
  ({ near }, roll) =>
    near && choose(near, roll)

/** Policies that go by distance: only where locations are known. */
const nearChoices = {
  mirrorbits: byDistance(mirrorbits),
  'nearest with spill-over': byDistance(nearestWithRoom),
} satisfies Record<string, Choose>

/** A decider of one of these policies. All use our deadline, so that they differ only in the draw. */
class Chooser implements SimDecider {
  #world: World
  #choose: Choose
  #deadlineS: Float64Array
  #nowS = 0
  #except: number | undefined
  #known: Known

  constructor(world: World, choose: Choose) {
    const n = world.servers.length
    this.#world = world
    this.#choose = choose
    this.#deadlineS = new Float64Array(n).fill(Number.NEGATIVE_INFINITY)
    this.#known = {
      n,
      capacity: new Float64Array(n),
      used: new Float64Array(n),
      own: new Float64Array(n),
      isOpen: (i) => this.#nowS <= at(this.#deadlineS, i) && i !== this.#except,
      near: undefined,
    }
  }

  take(index: number, report: Report, nowS: number): void {
    const { maxBandwidth, maxListeners, bandwidth, listeners, interval, state } = report
    this.#known.capacity[index] = maxBandwidth ?? maxListeners ?? 0
    this.#known.used[index] = bandwidth ?? listeners
    this.#known.own[index] = 0
    this.#deadlineS[index] =
      state === 'up'
        ? nowS + limits.deadlineIntervals * interval + limits.deadlineGraceMs / 1000
        : Number.NEGATIVE_INFINITY
  }

  place({ mount, from, except }: SimRequest, nowS: number): number | undefined {
    this.#nowS = nowS
    this.#except = except
    this.#known.near = this.#nearFor(from, costOf(this.#world.setting, mount))
    const index = this.#choose(this.#known, this.#world.roll)
    if (index !== undefined)
      this.#known.own[index] = at(this.#known.own, index) + costOf(this.#world.setting, mount)
    return index
  }

  #nearFor(listener: SimRequest['from'], cost: number): NearKnown | undefined {
    const { geography } = this.#world
    const km = geography.kmFrom(listener)
    if (!listener || !km) return undefined
    const { capacity, used, own, isOpen } = this.#known
    const isFree = (i: number) => isOpen(i) && at(capacity, i) - at(used, i) - at(own, i) >= cost
    return { listener, km, servers: geography.servers, isFree }
  }
}

/** A decider that sees the true state of every server: it draws in proportion to the real room. */
class PerfectInformation implements SimDecider {
  #world: World

  constructor(world: World) {
    this.#world = world
  }

  take(): void {}

  place({ mount, except }: SimRequest, nowS: number): number | undefined {
    const { servers, roll } = this.#world
    const weigh = (i: number) => (i === except ? 0 : (servers[i]?.room(mount, nowS) ?? 0))
    return drawIndex(servers.length, weigh, roll)
  }
}

/** The name of our policy in the tables. */
export const ours = 'ours'
export const perfect = 'perfect information'

/** The policies of docs/draw.md#the-simulation, the worst first. */
export const policies: readonly string[] = [...Object.keys(choices), ours, perfect]
/** The policies of the scenarios of the world. */
export const worldPolicies: readonly string[] = [...Object.keys(nearChoices), ours, perfect]
/** All of them, as the command line names them. */
export const allPolicies: readonly string[] = [...new Set([...policies, ...worldPolicies])]

/** A decider of the policy; throws if there is no policy of this name. */
export function createDecider(policy: string, world: World): SimDecider {
  if (policy === ours) return new Ours(world)
  if (policy === perfect) return new PerfectInformation(world)
  const choose = ({ ...choices, ...nearChoices } as Record<string, Choose>)[policy]
  if (!choose) throw new Error(`policy is "${policy}", expected one of ${allPolicies.join(', ')}`)
  return new Chooser(world, choose)
}

/** Whether a policy keeps only the reports at an edge: then all edges are equal. */
export const isShared = (policy: string): boolean =>
  policy !== ours && policy !== withDebit && !(policy in nearChoices)
