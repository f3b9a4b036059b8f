import type { MountReport, Report } from '../../../shared/report/report.ts'
import { mountOf } from '../../kit/parts/reports.ts'
import { waitFor } from './random.ts'
import { costOf, leavesPerSecond, type Setting } from './setting.ts'
import type { Spot } from './world/geography.ts'

/** The mounts of a setting are named after their bit rates. */
export const nameOf = (kbps: number) => `/${kbps}k.mp3`

/** A simulated server: its true numbers, which the deciders only know from its reports. */
export class SimServer {
  readonly index: number
  readonly id: string
  /** in slots, or in kbit/s if bandwidth is the limit */
  readonly capacity: number
  readonly location: Spot | undefined
  /** the part of it in use */
  used = 0
  state: 'up' | 'silent' | 'lying' | 'draining' | 'crashed' = 'up'
  /** current seconds between its reports: the setting's, or as requested by the last reply */
  intervalS: number
  lastReportS = Number.NEGATIVE_INFINITY
  /** `used` in its last report */
  reported = 0
  #setting: Setting
  #roll: () => number
  #mounts: MountReport[]
  #listeners = 0
  #joins = 0
  #boot = 1
  #seq = 0
  /** when the next of its listeners leaves */
  #nextLeaveS = Number.POSITIVE_INFINITY

  constructor(
    setting: Setting,
    index: number,
    capacity: number,
    location: Spot | undefined,
    roll: () => number,
  ) {
    this.#setting = setting
    this.#roll = roll
    this.index = index
    this.id = `s${index}`
    this.capacity = capacity
    this.intervalS = setting.intervalS
    this.location = location
    this.#mounts = setting.rates.map(({ kbps }) => ({
      mount: mountOf(nameOf(kbps)),
      listeners: 0,
      max: null,
      kbps,
      joins: 0,
      contentType: 'audio/mpeg',
    }))
  }

  /** Whether a listener gets any answer: only then is it a join, and only then can it be sent back. */
  get answers(): boolean {
    return this.state !== 'crashed' && this.state !== 'silent'
  }

  /** Accepts a listener of the mount if there is room; returns whether it did. */
  join(mount: number, nowS: number): boolean {
    const carried = this.#mounts[mount]
    if (!carried || !this.answers) return false
    this.#joins++
    carried.joins++
    if (this.room(mount, nowS) < 1) return false
    carried.listeners++
    this.#listeners++
    this.used += costOf(this.#setting, mount)
    this.#nextLeaveS = Math.min(this.#nextLeaveS, nowS + waitFor(leavesPerSecond, this.#roll))
    return true
  }

  /** How many more listeners of the mount it would accept now. */
  room(mount: number, nowS: number): number {
    this.leave(nowS)
    if (this.state !== 'up' && this.state !== 'lying') return 0
    return Math.floor((this.capacity - this.used) / costOf(this.#setting, mount))
  }

  /** Removes the listeners that left before `nowS`. Doing it late is exact, because the exponential distribution is memoryless. */
  leave(nowS: number): void {
    while (this.#nextLeaveS <= nowS) {
      let left = this.#roll() * this.#listeners
      const gone = this.#mounts.findIndex(({ listeners }) => {
        left -= listeners
        return left < 0
      })
      const carried = this.#mounts[gone]
      if (!carried) break
      carried.listeners--
      this.#listeners--
      this.used -= costOf(this.#setting, gone)
      this.#nextLeaveS += waitFor(this.#listeners * leavesPerSecond, this.#roll)
    }
  }

  /** Stops its program, which disconnects its listeners. */
  crash(): void {
    this.state = 'crashed'
    this.used = 0
    this.#listeners = 0
    this.#joins = 0
    this.#nextLeaveS = Number.POSITIVE_INFINITY
    for (const mount of this.#mounts) Object.assign(mount, { listeners: 0, joins: 0 })
  }

  /** Starts its program again. */
  boot(): void {
    this.state = 'up'
    this.#boot++
    this.#seq = 0
  }

  /** Its report at this moment. */
  report(nowS: number): Report {
    this.leave(nowS)
    this.lastReportS = nowS
    this.reported = this.used
    const lying = this.state === 'lying'
    const lineBinds = this.#setting.rates.length > 1
    return {
      id: this.id,
      boot: `boot-${this.#boot}`,
      seq: ++this.#seq,
      role: 'slave',
      urls: [`http://${this.id}.example.org`],
      interval: this.#setting.intervalS,
      maxListeners: lineBinds ? 10_000_000 : this.capacity,
      listeners: lying ? 0 : this.#listeners,
      maxBandwidth: lineBinds ? this.capacity : undefined,
      bandwidth: lineBinds ? (lying ? 0 : this.used) : undefined,
      joins: this.#joins,
      state: this.state === 'draining' ? 'draining' : 'up',
      location: this.location,
      mounts: this.#mounts.map((each) => (lying ? { ...each, listeners: 0 } : { ...each })),
    }
  }
}
