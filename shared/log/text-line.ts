import type { LogRecord } from '@logtape/logtape'

/** A value that needs no quotes to be read as one word. */
const plainWord = /^[\p{L}\p{N}_.:/@+[\]%?&=-]+$/u

/** Characters that a terminal obeys in place of showing them, or that turn the direction of a line; JSON leaves some of them as they are. */
const unseen = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu

/** A record as a line for a person at a terminal, without a line end: time, level, text, fields. */
export function textLine({ timestamp, level, category, message, properties }: LogRecord): string {
  const time = new Date(timestamp).toISOString().slice(0, 19).replace('T', ' ')
  const text = message.map((part, i) => (i % 2 === 0 ? part : valueText(part, false))).join('')
  const fields = Object.entries(properties).flatMap(([name, value]) =>
    value === undefined || isPart(value, message) ? [] : [`${name}=${valueText(value, true)}`],
  )
  const words = [time, level.padEnd(7), `${category.slice(1).join('.')}:`, text, ...fields].join(' ')
  return words.replace(unseen, (character) => `\\u${character.codePointAt(0)?.toString(16).padStart(4, '0')}`)
}

/** Whether a value is already part of the text. */
const isPart = (value: unknown, message: LogRecord['message']): boolean =>
  message.some((part, i) => i % 2 === 1 && part === value)

function valueText(value: unknown, quoted: boolean): string {
  if (value instanceof Error) return JSON.stringify(value.message)
  if (typeof value !== 'string') return JSON.stringify(value) ?? String(value)
  return quoted && !plainWord.test(value) ? JSON.stringify(value) : value
}
