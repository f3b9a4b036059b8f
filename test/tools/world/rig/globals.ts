import type { Process } from './process.ts'

/** The process whose event runs now: its are the timers that are set without being handed in. */
export const running: { process: Process | undefined } = { process: undefined }

type Cancel = () => void

/**
 * Takes over what the programs use without being given it: timers, deadlines of requests, random names. Returns a function that
 * gives everything back. Only one world runs at a time.
 */
export function takeOver(roll: () => number): () => void {
  const { setTimeout, clearTimeout } = globalThis
  const { timeout } = AbortSignal
  const { stackTraceLimit } = Error
  // most of a world's errors are requests that came to nothing: nobody reads where
  Error.stackTraceLimit = 0
  const replaced = {
    setTimeout: (call: () => void, ms = 0): Cancel => mine().after(ms, call),
    clearTimeout: (cancel: unknown) => {
      if (typeof cancel === 'function') cancel()
      else clearTimeout(cancel as NodeJS.Timeout)
    },
  }
  Object.assign(globalThis, replaced)
  AbortSignal.timeout = (ms) => {
    const controller = new AbortController()
    mine().after(ms, () => controller.abort(new DOMException('no answer in time', 'TimeoutError')))
    return controller.signal
  }
  const bytesOf = (bytes: Uint8Array) => bytes.map(() => Math.floor(roll() * 256))
  Object.defineProperty(crypto, 'randomUUID', {
    configurable: true,
    value: () => Buffer.from(bytesOf(new Uint8Array(16))).toString('hex'),
  })
  Object.defineProperty(crypto, 'getRandomValues', {
    configurable: true,
    value: (bytes: Uint8Array) => {
      bytes.set(bytesOf(bytes))
      return bytes
    },
  })
  return () => {
    Object.assign(globalThis, { setTimeout, clearTimeout })
    AbortSignal.timeout = timeout
    Error.stackTraceLimit = stackTraceLimit
    Reflect.deleteProperty(crypto, 'randomUUID')
    Reflect.deleteProperty(crypto, 'getRandomValues')
    running.process = undefined
  }
}

function mine(): Process {
  if (!running.process) throw new Error('a timer was set outside of every process of the world')
  return running.process
}
