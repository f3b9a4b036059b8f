import { appendFile, closeSync, fstatSync, openSync, renameSync } from 'node:fs'
import { promisify } from 'node:util'
import { messageOf } from '../../shared/message-of.ts'
import { limits } from '../limits.ts'
import { printArchiveTime, wallTime } from './time.ts'

const append = promisify(appendFile)

export interface LogFileOptions {
  /** bytes after which a new file is begun; 0: never */
  sizeBytes: number
  /** each old file is kept under a name with its time; else only the last one, as `.old` */
  archive: boolean
  nowMs: () => number
  /** called when no new file can be opened, and once when lines are dropped because the disk is full or too slow */
  onTrouble: (why: string) => void
}

/**
 * Appends lines to a file, in the background and in order: lines that come during a write are kept for the next one. The
 * file is rotated between two writes.
 */
export class LogFile {
  readonly path: string
  #options: LogFileOptions
  #fd: number
  #size: number
  #lines: string[] = []
  #pending = 0
  #writing: Promise<void> | undefined
  #losing = false

  /** Opens or creates the file. @throws if that fails */
  constructor(path: string, options: LogFileOptions) {
    this.path = path
    this.#options = options
    this.#fd = openSync(path, 'a')
    this.#size = fstatSync(this.#fd).size
  }

  write(line: string): void {
    if (this.#pending >= limits.logPendingMax) {
      this.#lose(`more than ${limits.logPendingMax} characters wait to be written`)
      return
    }
    this.#lines.push(line)
    this.#pending += line.length
    this.#start()
  }

  /** Resolves when all lines are written. */
  async flushed(): Promise<void> {
    while (this.#writing) await this.#writing
  }

  async close(): Promise<void> {
    await this.flushed()
    closeSync(this.#fd)
  }

  #start(): void {
    this.#writing ??= this.#drain().finally(() => {
      this.#writing = undefined
    })
  }

  async #drain(): Promise<void> {
    await null // collects the lines of one turn into one write
    while (this.#lines.length > 0) {
      const bytes = Buffer.from(this.#lines.map((line) => `${line}\n`).join(''))
      this.#lines = []
      this.#pending = 0
      this.#makeRoom(bytes.length)
      try {
        await append(this.#fd, bytes)
        this.#size += bytes.length
        this.#losing = false
      } catch (error) {
        this.#lose(error)
      }
    }
  }

  /** If no new file can be opened, lines continue in the open one: none is dropped. */
  #makeRoom(bytes: number): void {
    const { sizeBytes, archive, nowMs, onTrouble } = this.#options
    if (sizeBytes === 0 || this.#size === 0 || this.#size + bytes <= sizeBytes) return
    this.#size = 0 // after a failure too, so that it is not tried again for each line
    try {
      renameSync(this.path, `${this.path}.${archive ? printArchiveTime(wallTime(nowMs())) : 'old'}`)
      const fd = openSync(this.path, 'a')
      closeSync(this.#fd)
      this.#fd = fd
    } catch (error) {
      onTrouble(messageOf(error))
    }
  }

  #lose(why: unknown): void {
    if (!this.#losing) this.#options.onTrouble(`lines dropped: ${messageOf(why)}`)
    this.#losing = true
  }
}
