import type { LogLevel, LogRecord } from '@logtape/logtape'
import { printAccessTime, printErrorTime, wallTime } from './time.ts'

// The lines of Icecast's three log files (docs/icecast.md#logs), which existing tools read.

/**
 * A line of access.log: the Combined format, followed by the duration in seconds. The time is that of the end.
 *
 *   127.0.0.1 - bob [23/Nov/2026:01:54:14 +0000] "GET /live.mp3 HTTP/1.1" 200 351744 "-" "pl/1" 20
 */
export function accessLine({ timestamp, properties }: LogRecord): string {
  const field = (name: string) => escaped(textOf(properties[name]))
  const user = field('user').replaceAll(' ', '\\x20') || '-'
  const request = `${field('method')} ${field('path')} HTTP/${field('version')}`
  const [referer, agent] = [field('referer') || '-', field('agent') || '-']
  const time = accessTime(timestamp)
  return `${field('address')} - ${user} [${time}] "${request}" ${field('status')} ${field('bytes')} "${referer}" "${agent}" ${field('seconds')}`
}

let printed = { second: Number.NaN, text: '' }
/** Printed once a second: when a mount ends, thousands of listeners leave within the same second. */
function accessTime(ms: number): string {
  const second = Math.floor(ms / 1000)
  if (printed.second !== second) printed = { second, text: printAccessTime(wallTime(ms)) }
  return printed.text
}

/** Escapes as Apache does: characters that would end a quoted field or the line, and bytes that are not ASCII. */
const escaped = (text: string) =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control bytes are what it looks for
  text.replace(/[\x00-\x1f"\\\x7f-\xff]/g, (char) =>
    char === '"' || char === '\\' ? `\\${char}` : `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`,
  )

/** A line of playlist.log, in UTF-8: `23/Nov/2026:01:53:55 +0000|/live.mp3|1|Artist - Title` */
export function playlistLine({ timestamp, properties: { mount, listeners, title } }: LogRecord): string {
  const fields = [accessTime(timestamp), mount, listeners, title]
  return fields.map((field) => oneLine(textOf(field))).join('|')
}

const levels: Readonly<Record<LogLevel, string>> = {
  trace: 'DBUG',
  debug: 'DBUG',
  info: 'INFO',
  warning: 'WARN',
  error: 'EROR',
  fatal: 'EROR',
}

/** A line of error.log: `[2026-11-23  01:51:53] INFO distributary/source source begins mount="/live.mp3"` */
export function errorLine({ timestamp, level, category, message, properties }: LogRecord): string {
  const told = Object.entries(properties)
    .filter(([, value]) => value !== undefined)
    .map(
      ([name, value]) =>
        ` ${name}=${typeof value === 'number' ? value : escapedUnseen(JSON.stringify(plain(value)) ?? '')}`,
    )
  const text = oneLine(message.map(textOf).join(''))
  return `[${printErrorTime(wallTime(timestamp))}] ${levels[level]} ${category.join('/')} ${text}${told.join('')}`
}

/** The message of an error: as JSON an error is empty. */
const plain = (value: unknown) => (value instanceof Error ? value.message : value)

const textOf = (value: unknown) => (value === undefined || value === null ? '' : String(value))

/** What a terminal obeys, or an editor takes for the end of a line; JSON leaves some of them as they are. */
const unseen = /[\p{Cc}\p{Zl}\p{Zp}]/gu

const oneLine = (text: string) => text.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ')
const escapedUnseen = (json: string) =>
  json.replace(unseen, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`)
