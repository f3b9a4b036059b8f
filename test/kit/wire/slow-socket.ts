import { EventEmitter } from 'node:events'

/** A socket whose system accepts bytes when the test says so. */
export class SlowSocket extends EventEmitter {
  destroyed = false
  readonly bytes: Uint8Array[] = []
  #taken: ((error?: Error) => void) | undefined

  /** bytes, of all writes */
  get written(): number {
    return this.bytes.reduce((sum, { length }) => sum + length, 0)
  }
  write(bytes: Uint8Array, done: () => void): void {
    this.bytes.push(bytes)
    this.#taken = done
  }
  take(): void {
    this.#taken?.()
  }
  destroy(): void {
    this.destroyed = true
    this.emit('close')
  }
}
