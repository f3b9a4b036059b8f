import { closeSync, fstatSync, openSync, readSync, renameSync, write } from 'node:fs'
import { promisify } from 'node:util'
import { messageOf } from '../../shared/message-of.ts'
import { limits } from '../limits.ts'
import { printArchiveTime, wallTime } from './time.ts'

const writeSome = promisify(write)
const newline = 0x0a
const nothing = new Uint8Array()

export interface LogFileOptions {
  /** bytes after which a new file is begun; 0: never */
  sizeBytes: number
  /** each old file is kept under a name with its time; else only the last one, as `.old` */
  archive: boolean
  nowMs: () => number
  /** called when no new file can be opened, and once when lines are dropped because the disk is full or too slow */
  onTrouble: (why: string) => void
  /** writes bytes from an offset on, and says how many: a disk that fills up takes some of them; default: the file system's */
  write?: (fd: number, bytes: Uint8Array, from: number) => Promise<number>
}

/** What is missing of the line in which a disk stopped taking bytes: with it first, the next lines stand on lines of their own. */
export function restOfLine(bytes: Uint8Array, written: number): Uint8Array {
  if (written === 0 || bytes[written - 1] === newline) return nothing
  return bytes.subarray(written, bytes.indexOf(newline, written) + 1)
}

/** Whether a file ends within a line: its program was killed, or its machine lost power, while the disk was full. */
function endsWithin(path: string, size: number): boolean {
  let fd: number | undefined
  try {
    fd = openSync(path, 'r')
    const last = new Uint8Array(1)
    return readSync(fd, last, 0, 1, size - 1) === 1 && last[0] !== newline
  } catch {
    return false // it may be written and not read
  } finally {
    if (fd !== undefined) closeSync(fd)
  }
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
  /** what the disk did not take of a line that it has begun */
  #rest: Uint8Array = nothing

  /** Opens or creates the file. @throws if that fails */
  constructor(path: string, options: LogFileOptions) {
    this.path = path
    this.#options = options
    this.#fd = openSync(path, 'a')
    const stats = fstatSync(this.#fd)
    this.#size = stats.size
    if (stats.isFile() && stats.size > 0 && endsWithin(path, stats.size)) this.#rest = Uint8Array.of(newline)
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
    if (this.#rest.length > 0) await this.#append(nothing)
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
      await this.#append(bytes)
    }
  }

  async #append(lines: Uint8Array): Promise<void> {
    const bytes = this.#rest.length === 0 ? lines : Buffer.concat([this.#rest, lines])
    const { write = writeToFile } = this.#options
    let written = 0
    try {
      while (written < bytes.length) written += await write(this.#fd, bytes, written)
      this.#losing = false
    } catch (error) {
      this.#lose(error)
    }
    this.#size += written
    // where nothing was taken, what was missing before still is
    if (written > 0) this.#rest = restOfLine(bytes, written)
  }

  /** If no new file can be opened, lines continue in the open one: none is dropped. */
  #makeRoom(bytes: number): void {
    const { sizeBytes, archive, nowMs, onTrouble } = this.#options
    if (sizeBytes === 0 || this.#size === 0 || this.#size + bytes <= sizeBytes) return
    if (this.#rest.length > 0) return // a line does not go on in another file
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

const writeToFile = async (fd: number, bytes: Uint8Array, from: number): Promise<number> =>
  (await writeSome(fd, bytes, from)).bytesWritten
