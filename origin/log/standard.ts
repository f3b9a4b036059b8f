import * as files from 'node:fs'
import process from 'node:process'
import { LineQueue, type WriteBytes } from '../../shared/log/line-queue.ts'
import { jsonLine, lostRecord } from '../../shared/log/log.ts'
import { outputOf } from '../../shared/log/log-output.ts'
import { runtimeTimers } from '../lib/timers.ts'
import { errorLine } from './lines.ts'

type Stream = typeof process.stdout | typeof process.stderr

function throughStream(stream: () => Stream): WriteBytes {
  let isWatched = false
  return (bytes) => {
    if (!isWatched) stream().on('error', () => {}) // the callback gets the error too
    isWatched = true
    return new Promise((resolve, reject) => {
      stream().write(bytes, (error) => (error ? reject(error) : resolve(bytes.length)))
    })
  }
}

const lineQueue = (write: WriteBytes, printLost: (lines: number) => string) =>
  new LineQueue({ write, soon: runtimeTimers.soon, after: runtimeTimers.after, printLost })

/** The queues of log lines: JSON for stdout, and the format of Icecast's files for stderr. */
export const standard = {
  stdout: lineQueue(
    outputOf(
      1,
      files,
      throughStream(() => process.stdout),
    ),
    (lines) => jsonLine(lostRecord(lines)),
  ),
  stderr: lineQueue(
    outputOf(
      2,
      files,
      throughStream(() => process.stderr),
    ),
    (lines) => errorLine(lostRecord(lines)),
  ),
}
process.once('exit', () => {
  standard.stdout.flush()
  standard.stderr.flush()
})
