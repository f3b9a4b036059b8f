import * as v from 'valibot'
import { ConfigError } from '../error.ts'
import { mendOf } from '../mend.ts'
import type { Element } from './element.ts'

/** What the elements of a block may be, by their names. */
export type Fields = Readonly<Record<string, v.GenericSchema<string, unknown>>>

/** What a block says: only what stands there. */
export type Told<F extends Fields> = { [K in keyof F]?: v.InferOutput<F[K]> }

export interface BlockRules {
  /** elements that hold elements, read by the caller */
  blocks?: readonly string[]
  /** elements that Icecast or icecast-kh knows and that have no effect here */
  unused?: readonly string[]
}

/** Takes warnings about what has no effect, or another than it says. */
export type Warn = (warning: string) => void

/** How an element is called in messages: with its line, for files are long. */
export const at = ({ line }: Element): string => `line ${line}: `

/**
 * Reads a block whose elements hold a text each. An empty element says nothing, as in Icecast; of one given twice the
 * last counts. What cannot be used is mended with a warning, or else throws {@link ConfigError}.
 */
export function readBlock<const F extends Fields>(
  block: Element,
  fields: F,
  warn: Warn,
  { blocks = [], unused = [] }: BlockRules = {},
): Told<F> {
  const told: Told<F> = {}
  for (const child of block.children) {
    const said = `${at(child)}<${block.name}><${child.name}>`
    const schema = Object.hasOwn(fields, child.name) ? fields[child.name] : undefined
    if (schema) {
      if (child.text === '') continue
      const value = readOfFile(schema, said, child.text, warn)
      if (value !== undefined) Object.assign(told, { [child.name]: value })
    } else if (unused.includes(child.name)) warn(`${said} has no effect here`)
    else if (!blocks.includes(child.name)) warn(`${said} is unknown and has no effect`)
  }
  return told
}

/** Reads one text. `said`: how it is called where it stands. Throws {@link ConfigError}; a secret is not shown. */
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
 * Reads one text of a file. Where Icecast starts with what the schema refuses, so do we: a warning says what it is read as.
 * Undefined where it is left out. Throws {@link ConfigError} where there is nothing to mend it by.
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
export const childrenOf = (block: Element, name: string): Element[] =>
  block.children.filter((child) => child.name === name)
