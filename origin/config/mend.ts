import type * as v from 'valibot'

/**
 * Replaces a text of a file that its schema rejects; undefined: the text is ignored.
 *
 * Icecast 2.4 reads a number as C's `atoi` does and has no bounds, 2.5 warns and continues, so files with odd values are in
 * use everywhere. Flags are not mended: the person who types one sees the error.
 */
export type Mend = (text: string) => string | undefined

const mends = new WeakMap<v.GenericSchema<string, unknown>, Mend>()

/** Attaches to a schema the replacement for texts of a file that it rejects. */
export function mendable<S extends v.GenericSchema<string, unknown>>(schema: S, mend: Mend): S {
  mends.set(schema, mend)
  return schema
}

/** Undefined if a text that the schema rejects stops the start. */
export const mendOf = (schema: v.GenericSchema<string, unknown>): Mend | undefined => mends.get(schema)

/** The integer that a text begins with, as `atoi` reads it, moved within the bounds; undefined if it begins with none. */
export function nearest(
  text: string,
  min: number,
  max: number,
  unitOf: (rest: string) => number = () => 1,
): string | undefined {
  const digits = /^\s*[+-]?\d+/.exec(text)?.[0]
  if (digits === undefined) return undefined
  const value = Number(digits) * unitOf(text.slice(digits.length).trim())
  return String(Math.min(max, Math.max(min, value)))
}

/** Icecast's booleans: `on` is true too, and so is every number except 0. */
export const truth: Mend = (text) =>
  /^on$/i.test(text) || (Number.parseInt(text, 10) !== 0 && /^\s*[+-]?\d/.test(text)) ? '1' : '0'

/** The host of a text that is a URL, or a host with its port. */
export const hostIn: Mend = (text) => {
  const written = /^[a-z]+:\/\//i.test(text) ? text : `http://${text}`
  if (/[\s*${}]/.test(text) || !URL.canParse(written)) return undefined
  return new URL(written).hostname || undefined
}

/** Separates a warning from the replacement that is used. */
const instead = '; '

const withoutLine = (warning: string) => warning.replace(/^line \d+: /, '')

/**
 * The mistakes of a file that it did not have before. A reload with a new mistake is rejected, because the running settings
 * are better than mended ones; mistakes that were there at the start do not count.
 */
export function newMistakes(before: readonly string[], now: readonly string[]): string[] {
  const known = new Set(before.map(withoutLine))
  return now.filter((warning) => warning.includes(instead) && !known.has(withoutLine(warning)))
}
