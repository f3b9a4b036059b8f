import type { Mount } from '../mount.ts'
import { CountryWindow } from './country-window.ts'
import { LastMinute } from './last-minute.ts'

/** What a request for a mount can be answered; a label of metrics, so without blanks. */
export const answerKinds = [
  'redirect',
  'relay',
  'playlist',
  'hls',
  'last_resort',
  'no_room',
  'unknown_mount',
] as const
export type AnswerKind = (typeof answerKinds)[number]

/** Some requests of one kind. Plain data: isolates send it to their object. */
export interface Counted {
  answer: AnswerKind
  /** undefined: it is not a mount that any server reported */
  mount?: Mount | undefined
  /** of the listener, an ISO 3166 code */
  country?: string | undefined
  /** the server that had sent the listener back */
  sentBackBy?: string | undefined
  n: number
}

/** Everything counted since the program began; on Workers since the object did. Plain data. */
export interface Totals {
  answers: Record<AnswerKind, number>
  /** by server id */
  sendBacks: Record<string, number>
  /** joins that servers counted, by server id */
  joins: Record<string, number>
  /** reports by the status of their answer */
  reports: Record<string, number>
}

export const newAnswers = (): Record<AnswerKind, number> => ({
  redirect: 0,
  relay: 0,
  playlist: 0,
  hls: 0,
  last_resort: 0,
  no_room: 0,
  unknown_mount: 0,
})

/** Counts requests, send-backs, joins and reports of a decider: since it began, and within the last minute. */
export class Counts {
  readonly answers = newAnswers()
  readonly reports = new Map<number, number>()
  readonly sendBacks = new Map<string, number>()
  readonly joins = new Map<string, number>()
  readonly countries = new CountryWindow()
  #minute = new LastMinute()

  /** @param isKnown whether there is a server of that id: anybody may send any `x` */
  add({ answer, mount, country, sentBackBy, n }: Counted, nowMs: number, isKnown: boolean): void {
    this.answers[answer] += n
    this.#minute.add(answer, n, nowMs)
    if (answer === 'redirect' && mount !== undefined && country !== undefined)
      this.countries.add(mount, country, n, nowMs)
    if (sentBackBy === undefined || !isKnown) return
    more(this.sendBacks, sentBackBy, n)
    this.#minute.add('sent back', n, nowMs)
  }

  /** Joins that a server counted. */
  joined(id: string, n: number, nowMs: number): void {
    if (n === 0) return
    more(this.joins, id, n)
    this.#minute.add('joins', n, nowMs)
    this.#minute.add(`joins ${id}`, n, nowMs)
  }

  reported(status: number): void {
    more(this.reports, status, 1)
  }

  /** A server was removed. */
  forget(id: string): void {
    this.sendBacks.delete(id)
    this.joins.delete(id)
  }

  /** How many there were within the last minute. */
  lastMinute(name: AnswerKind | 'sent back' | 'joins' | `joins ${string}`, nowMs: number): number {
    return this.#minute.of(name, nowMs)
  }

  get totals(): Totals {
    return {
      answers: { ...this.answers },
      sendBacks: Object.fromEntries(this.sendBacks),
      joins: Object.fromEntries(this.joins),
      reports: Object.fromEntries(this.reports),
    }
  }
}

function more<K>(counts: Map<K, number>, name: K, n: number): void {
  counts.set(name, (counts.get(name) ?? 0) + n)
}
