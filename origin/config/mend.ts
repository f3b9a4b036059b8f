import type * as v from 'valibot'

/**
 * What a file's text is read as where its schema refuses it; undefined: as nothing, as if it did not stand there.
 *
 * Icecast 2.4 reads a number as C's `atoi` does and has no bounds, 2.5 warns and goes on: files with odd values are in use
 * everywhere. A flag is typed by somebody who reads the answer, so flags are not mended.
 */
export type Mend = (text: string) => string | undefined

const mends = new WeakMap<v.GenericSchema<string, unknown>, Mend>()

/** The schema, with what a file's text is read as where it refuses it. */
export function mendable<S extends v.GenericSchema<string, unknown>>(schema: S, mend: Mend): S {
  mends.set(schema, mend)
  return schema
}

/** Undefined where what the schema refuses stops the start. */
export const mendOf = (schema: v.GenericSchema<string, unknown>): Mend | undefined => mends.get(schema)

/** The integer that a text begins with, as `atoi` finds it, within bounds; undefined where it begins with none. */
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

/** Icecast's truth: `on` as well, and every number but 0. */
export const truth: Mend = (text) =>
  /^on$/i.test(text) || (Number.parseInt(text, 10) !== 0 && /^\s*[+-]?\d/.test(text)) ? '1' : '0'

/** A host that stands in a URL, or with its port. */
export const hostIn: Mend = (text) => {
  const written = /^[a-z]+:\/\//i.test(text) ? text : `http://${text}`
  if (/[\s*${}]/.test(text) || !URL.canParse(written)) return undefined
  return new URL(written).hostname || undefined
}

/** How a warning goes on with what is done in place of what the file says. */
const instead = '; '

const withoutLine = (warning: string) => warning.replace(/^line \d+: /, '')

/**
 * The mistakes of a file that were not in it before. A running server keeps what it has rather than what a slip of the pen
 * is mended to; what it started with is no reason.
 */
export function newMistakes(before: readonly string[], now: readonly string[]): string[] {
  const known = new Set(before.map(withoutLine))
  return now.filter((warning) => warning.includes(instead) && !known.has(withoutLine(warning)))
}
