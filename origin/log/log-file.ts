import { appendFile, closeSync, fstatSync, openSync, renameSync } from 'node:fs'
import { promisify } from 'node:util'
import { messageOf } from '../../shared/message-of.ts'
import { limits } from '../limits.ts'
import { printArchiveTime, wallTime } from './time.ts'

const append = promisify(appendFile)

export interface LogFileOptions {
  /** bytes beyond which the file is begun anew; 0: never */
  sizeBytes: number
  /** what was is kept under a name with its time, else as `.old`, over what was kept before */
  archive: boolean
  nowMs: () => number
  /** told when no new file is to be had, and when lines are lost (the disk is full, or too slow): once a time */
  onTrouble: (why: string) => void
}

/**
 * A file that lines are appended to, in the background and in the order they came: while a write is under way, what
 * comes is kept for the next one. It rotates by itself between two writes.
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

  /** Opens it, or makes it. @throws where that is not to be */
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

  /** Resolves when all is written that was to be. */
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
    await null // what is logged in one go is written in one go
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

  /** Where there is no new file to be had, lines go on into the one that is open: none is lost. */
  #makeRoom(bytes: number): void {
    const { sizeBytes, archive, nowMs, onTrouble } = this.#options
    if (sizeBytes === 0 || this.#size === 0 || this.#size + bytes <= sizeBytes) return
    this.#size = 0 // after a failure too: it is not tried again at each line
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
    if (!this.#losing) this.#options.onTrouble(`lines are lost: ${messageOf(why)}`)
    this.#losing = true
  }
}
