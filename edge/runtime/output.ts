import * as files from 'node:fs'
import process from 'node:process'
import { isatty } from 'node:tty'
import { LineQueue, type WriteBytes } from '../../shared/log/line-queue.ts'
import { jsonLine, lostRecord } from '../../shared/log/log.ts'
import { outputOf } from '../../shared/log/log-output.ts'
import { textLine } from '../../shared/log/text-line.ts'

/** The part of Deno's stdout that is used; typed here, so that Deno's global types are not needed. */
interface DenoLike {
  stdout: { write(bytes: Uint8Array): Promise<number> }
}
declare const Deno: DenoLike

/** Deno's `process.stdout` blocks until its reader reads; `Deno.stdout` does not. */
const byRuntime = (): WriteBytes =>
  'Deno' in globalThis ? (bytes) => Deno.stdout.write(bytes) : throughStdout()

/**
 * Where a disk takes a part of the lines and is full then, Deno throws, but keeps what is left of them and writes it once there is
 * room: written again, they would stand there twice.
 */
const denoFiles = {
  ...files,
  writeSync(fd: number, bytes: Uint8Array): number {
    const { size } = files.fstatSync(fd)
    try {
      return files.writeSync(fd, bytes)
    } catch (error) {
      if (files.fstatSync(fd).size > size) return bytes.length
      throw error
    }
  },
}

function throughStdout(): WriteBytes {
  let isWatched = false
  return (bytes) => {
    if (!isWatched) process.stdout.on('error', () => {}) // the callback reports it too
    isWatched = true
    return new Promise((resolve, reject) => {
      process.stdout.write(bytes, (error) => (error ? reject(error) : resolve(bytes.length)))
    })
  }
}

/** The form of a log line: text for a person at a terminal, else JSON. */
export const printRecord = isatty(1) ? textLine : jsonLine

/** The queue of log lines for stdout. */
export const stdout = new LineQueue({
  write: outputOf(1, 'Deno' in globalThis ? denoFiles : files, byRuntime()),
  soon: setImmediate,
  after: (ms, call) => setTimeout(call, ms).unref(),
  printLost: (lines) => printRecord(lostRecord(lines)),
})
process.once('exit', () => stdout.flush())
