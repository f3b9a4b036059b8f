import { messageOf } from '../message-of.ts'
/** How a store fails: for a moment (`locked` by another program, or `away`), until an operator helps (`failed`), or because its file is `damaged`. */
export type StoreTrouble = 'locked' | 'away' | 'failed' | 'damaged'

/** An operation of the store failed; the message is that of the database. */
export class StoreError extends Error {
  override name = 'StoreError'
  readonly trouble: StoreTrouble

  constructor(trouble: StoreTrouble, message: string) {
    super(message)
    this.trouble = trouble
  }
}

/** Classifies an error of the database by its message, which is the same on all three runtimes; not all of them set a code. */
export function storeErrorOf(error: unknown): StoreError {
  if (error instanceof StoreError) return error
  const message = messageOf(error)
  if (/\b(?:locked|busy)\b/.test(message)) return new StoreError('locked', message)
  return new StoreError(/not a database|malformed|corrupt/.test(message) ? 'damaged' : 'failed', message)
}

/** Runs an operation on a store; all its errors become a {@link StoreError}. */
export function asking<T>(run: () => T): T {
  try {
    return run()
  } catch (error) {
    throw storeErrorOf(error)
  }
}

/** seconds after which a client should try again if the store was locked */
export const lockedRetrySeconds = 1

/** The answer to a request that failed in the store: 503 if it will soon work again, else 500. */
export function storeAnswer({ trouble, message }: StoreError): { status: 500 | 503; text: string } {
  if (trouble === 'locked')
    return { status: 503, text: `the store is locked by another program, try again: ${message}\n` }
  if (trouble === 'away') return { status: 503, text: `the store cannot be reached, try again: ${message}\n` }
  return { status: 500, text: `the store cannot be written: ${message}\n` }
}

/** Why a program cannot start with its database, and what to do. */
export function startProblem(file: string, { trouble, message }: StoreError): string {
  if (trouble === 'damaged')
    return `${file} is damaged (${message}): restore a backup, or move the file away to start with an empty one. Servers return with their next reports; drains, servers to poll and the history are lost`
  if (trouble === 'locked')
    return `${file} is locked by another program (${message}): stop that program, or use another folder`
  return `${file} cannot be opened (${message}): expected a file that can be read and written`
}
