import { messageOf } from '../message-of.ts'
/** How a store fails: for a moment (another program holds it, or it cannot be asked), for as long as nobody helps it, or because its file is damaged. */
export type StoreTrouble = 'locked' | 'away' | 'failed' | 'damaged'

/** The store did not do what it was asked; the message says why, in the words of the database. */
export class StoreError extends Error {
  override name = 'StoreError'
  readonly trouble: StoreTrouble

  constructor(trouble: StoreTrouble, message: string) {
    super(message)
    this.trouble = trouble
  }
}

/** What a database threw, as the three runtimes word it alike; their codes are not all there. */
export function storeErrorOf(error: unknown): StoreError {
  if (error instanceof StoreError) return error
  const message = messageOf(error)
  if (/\b(?:locked|busy)\b/.test(message)) return new StoreError('locked', message)
  return new StoreError(/not a database|malformed|corrupt/.test(message) ? 'damaged' : 'failed', message)
}

/** Runs what asks a store; whatever goes wrong is a {@link StoreError}. */
export function asking<T>(run: () => T): T {
  try {
    return run()
  } catch (error) {
    throw storeErrorOf(error)
  }
}

/** seconds after which a store that another program held is tried again */
export const lockedRetrySeconds = 1

/** What somebody is answered whose request the store did not take: 503 where it will soon, else 500. */
export function storeAnswer({ trouble, message }: StoreError): { status: 500 | 503; text: string } {
  if (trouble === 'locked')
    return { status: 503, text: `the store is held by another program for the moment: ${message}\n` }
  if (trouble === 'away')
    return { status: 503, text: `the servers are not known at the moment: ${message}\n` }
  return { status: 500, text: `the store cannot be written: ${message}\n` }
}

/** Why a program does not start with its database, and what may be done. */
export function startProblem(file: string, { trouble, message }: StoreError): string {
  if (trouble === 'damaged')
    return `${file} is damaged (${message}): put a backup in its place, or move it away to begin with an empty one. Servers are back with their next reports; drains, servers to poll and the history are not`
  if (trouble === 'locked')
    return `${file} is held by another program (${message}): end that one, or use another folder`
  return `${file} cannot be opened (${message}): expected a file to read and write`
}
