import type { GeoLocation } from '../../../shared/geo.ts'
import type { Report } from '../../../shared/report/report.ts'
import { mountOf } from '../../kit/reports.ts'
import { byShare, waitFor } from './random.ts'
import { costOf, leavesPerSecond, type Setting } from './setting.ts'

/** A setting's mounts are named by their rates. */
export const nameOf = (kbps: number) => `/${kbps}k.mp3`

/** One simulated server: its true numbers, of which the deciders only see reports. */
export class SimServer {
  readonly index: number
  readonly id: string
  /** in slots, or in kbit/s where the line binds */
  readonly capacity: number
  readonly location: GeoLocation | undefined
  /** what of it is taken */
  used = 0
  state: 'up' | 'silent' | 'lying' | 'draining' | 'crashed' = 'up'
  /** seconds between its reports now: the setting's, or what the last reply wished for */
  intervalS: number
  lastReportS = Number.NEGATIVE_INFINITY
  /** `used` in its last report */
  reported = 0
  #setting: Setting
  #roll: () => number
  #mounts: Report['mounts']
  #listeners = 0
  #joins = 0
  #boot = 1
  #seq = 0
  /** when the next of its listeners leaves */
  #nextLeaveS = Number.POSITIVE_INFINITY

  constructor(setting: Setting, index: number, capacity: number, roll: () => number) {
    this.#setting = setting
    this.#roll = roll
    this.index = index
    this.id = `s${index}`
    this.capacity = capacity
    this.intervalS = setting.intervalS
    this.location = byShare(
      setting.regions,
      ({ servers }) => servers,
      (index + 0.5) / setting.servers,
    )?.location
    this.#mounts = setting.rates.map(({ kbps }) => ({
      mount: mountOf(nameOf(kbps)),
      listeners: 0,
      max: null,
      kbps,
      joins: 0,
      contentType: 'audio/mpeg',
    }))
  }

  /** Whether a listener that comes is told anything at all: only then is it a join, and only then can it be sent back. */
  get answers(): boolean {
    return this.state !== 'crashed' && this.state !== 'silent'
  }

  /** Takes a listener of the mount in, if there is room; whether it did. */
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

  /** How many more listeners of the mount it would take now. */
  room(mount: number, nowS: number): number {
    this.leave(nowS)
    if (this.state !== 'up' && this.state !== 'lying') return 0
    return Math.floor((this.capacity - this.used) / costOf(this.#setting, mount))
  }

  /** Lets go whose time was up before `nowS`; exact, though it is done late, as the exponential remembers nothing. */
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

  /** Its program ends, and its listeners with it. */
  crash(): void {
    this.state = 'crashed'
    this.used = 0
    this.#listeners = 0
    this.#joins = 0
    this.#nextLeaveS = Number.POSITIVE_INFINITY
    for (const mount of this.#mounts) Object.assign(mount, { listeners: 0, joins: 0 })
  }

  /** Its program starts again. */
  boot(): void {
    this.state = 'up'
    this.#boot++
    this.#seq = 0
  }

  /** What it tells the deciders now. */
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
