import { createWriteStream, type WriteStream } from 'node:fs'
import { getLogger } from '@logtape/logtape'
import { mediaLimits } from './limits.ts'

const log = getLogger(['distributary', 'mount'])

/** A copy of what a mount's listeners are sent, appended to a file (`<dump-file>`). An error stops only the copy. */
export class Dump {
  #file: WriteStream | undefined

  /** @param pattern a path in which strftime's `%Y` and the like stand for the time at which the feed began */
  constructor(pattern: string, beganAt: Date) {
    const path = strftime(pattern, beganAt)
    this.#file = createWriteStream(path, { flags: 'a' })
    this.#file.on('error', (error) => {
      this.#file = undefined
      log.error('cannot write dump file', { path, why: error.message })
    })
  }

  push(bytes: Uint8Array): void {
    if (!this.#file) return
    this.#file.write(bytes)
    if (this.#file.writableLength <= mediaLimits.dumpBehindMax) return
    log.error('dump file stopped: the disk is too slow', { path: String(this.#file.path) })
    this.end()
  }

  end(): void {
    this.#file?.end()
    this.#file = undefined
  }
}

const two = (value: number) => String(value).padStart(2, '0')
const days = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday']
const months = [
  ...['January', 'February', 'March', 'April', 'May', 'June'],
  ...['July', 'August', 'September', 'October', 'November', 'December'],
]
const dayOfYear = (at: Date) =>
  Math.round(
    (Date.UTC(at.getFullYear(), at.getMonth(), at.getDate()) - Date.UTC(at.getFullYear(), 0, 0)) / 86_400_000,
  )

const fields: Readonly<Record<string, (at: Date) => string>> = {
  Y: (at) => String(at.getFullYear()),
  y: (at) => two(at.getFullYear() % 100),
  m: (at) => two(at.getMonth() + 1),
  d: (at) => two(at.getDate()),
  e: (at) => String(at.getDate()).padStart(2),
  j: (at) => String(dayOfYear(at)).padStart(3, '0'),
  H: (at) => two(at.getHours()),
  I: (at) => two(at.getHours() % 12 || 12),
  p: (at) => (at.getHours() < 12 ? 'AM' : 'PM'),
  M: (at) => two(at.getMinutes()),
  S: (at) => two(at.getSeconds()),
  s: (at) => String(Math.floor(at.getTime() / 1000)),
  F: (at) => strftime('%Y-%m-%d', at),
  T: (at) => strftime('%H:%M:%S', at),
  A: (at) => days[at.getDay()] ?? '',
  a: (at) => (days[at.getDay()] ?? '').slice(0, 3),
  B: (at) => months[at.getMonth()] ?? '',
  b: (at) => (months[at.getMonth()] ?? '').slice(0, 3),
  '%': () => '%',
}

/** Formats a time in the machine's time zone by C's strftime pattern; unknown conversions are kept unchanged. */
export function strftime(pattern: string, at: Date): string {
  return pattern.replace(/%([A-Za-z%])/g, (whole, letter: string) => fields[letter]?.(at) ?? whole)
}
