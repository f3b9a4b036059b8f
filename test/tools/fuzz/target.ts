import type fc from 'fast-check'

/** A reader of bytes from outside, and what has to hold for any input. */
export interface Target {
  /** as the command line and the folder of its corpus name it */
  readonly name: string
  /** what is read and what has to hold, in one line */
  readonly about: string
  /** part of the paths of its files: their blocks guide the mutations, their steps are counted */
  readonly files: string
  /** words of the format, which mutations insert */
  readonly tokens: readonly string[]
  /** Throws if something does not hold. */
  check(input: Uint8Array): void | Promise<void>
  /** Reads without any check: its work has to be linear in the input. Left out where the library reads, not we. */
  read?(input: Uint8Array): void
  /** well-formed inputs, in addition to the corpus: the generator of a property test */
  readonly invent?: fc.Arbitrary<Uint8Array>
}

/** Lets an error of the declared kinds be an answer; any other is a finding. */
export function orError<T>(
  kinds: readonly (abstract new (...args: never[]) => Error)[],
  read: () => T,
): T | string {
  try {
    return read()
  } catch (error) {
    if (error instanceof Error && kinds.some((kind) => error instanceof kind))
      return `${error.name}: ${error.message}`
    throw error
  }
}

export const textOf = (input: Uint8Array): string => Buffer.from(input).toString('utf8')
export const latin1Of = (input: Uint8Array): string => Buffer.from(input).toString('latin1')
export const bytesOf = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'latin1'))
export const utf8Of = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text))
