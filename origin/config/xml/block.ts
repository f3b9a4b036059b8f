import * as v from 'valibot'
import { valueIn } from '../../../shared/value-in.ts'
import { ConfigError } from '../error.ts'
import { mendOf } from '../mend.ts'
import type { XmlElement } from './element.ts'

/** Schemas of the elements of a block, by their names. */
export type Fields = Readonly<Record<string, v.GenericSchema<string, unknown>>>

/** Values of a block: only those that it sets. */
export type Told<F extends Fields> = { [K in keyof F]?: v.InferOutput<F[K]> }

export interface BlockRules {
  /** elements that contain elements, which the caller reads */
  blocks?: readonly string[]
  /** elements of Icecast or icecast-kh that have no effect here */
  unused?: readonly string[]
}

/** Receives warnings about elements that have no effect, or another effect than written. */
export type Warn = (warning: string) => void

/** The line of an element, as messages begin: files are long. */
export const at = ({ line }: XmlElement): string => `line ${line}: `

/**
 * Reads a block whose elements contain one text each. An empty element counts as unset, as in Icecast; of an element given
 * twice the last counts. An invalid text is mended with a warning, or else throws {@link ConfigError}.
 */
export function readBlock<const F extends Fields>(
  block: XmlElement,
  fields: F,
  warn: Warn,
  { blocks = [], unused = [] }: BlockRules = {},
): Told<F> {
  const told: Told<F> = {}
  for (const child of block.children) {
    const said = `${at(child)}<${block.name}><${child.name}>`
    const schema = valueIn(fields, child.name)
    if (schema) {
      if (child.text === '') continue
      const value = readOfFile(schema, said, child.text, warn)
      if (value !== undefined) Object.assign(told, { [child.name]: value })
    } else if (unused.includes(child.name)) warn(`${said} has no effect here`)
    else if (!blocks.includes(child.name)) warn(`${said} is unknown and has no effect`)
  }
  return told
}

/** Reads one text. `said`: its name in messages. Throws {@link ConfigError}; a secret is not shown. */
export function readValue<S extends v.GenericSchema<string, unknown>>(
  schema: S,
  said: string,
  value: string,
): v.InferOutput<S> {
  const parsed = v.safeParse(schema, value, { abortEarly: true })
  if (parsed.success) return parsed.output
  throw new ConfigError(refusal(said, value, parsed.issues[0].message))
}

const refusal = (said: string, value: string, expected: string) =>
  `${said} is ${/password/i.test(said) ? 'not usable' : JSON.stringify(value.slice(0, 60))}, ${expected}`

/**
 * Reads one text of a file. If the schema rejects a text that Icecast starts with, the text is replaced, and a warning says
 * by which value. Undefined if the text is left out. Throws {@link ConfigError} if it cannot be mended.
 */
export function readOfFile<S extends v.GenericSchema<string, unknown>>(
  schema: S,
  said: string,
  value: string,
  warn: Warn,
): v.InferOutput<S> | undefined {
  const parsed = v.safeParse(schema, value, { abortEarly: true })
  if (parsed.success) return parsed.output
  const why = refusal(said, value, parsed.issues[0].message)
  const mend = mendOf(schema)
  if (!mend) throw new ConfigError(why)
  const mended = mend(value)
  const again = mended === undefined ? undefined : v.safeParse(schema, mended)
  warn(`${why}; ${again?.success ? `${JSON.stringify(mended)} is used` : 'it is left out'}`)
  return again?.success ? again.output : undefined
}

/** The elements of a block that have this name. */
export const childrenOf = (block: XmlElement, name: string): XmlElement[] =>
  block.children.filter((child) => child.name === name)
