import { rmSync, writeFileSync } from 'node:fs'
import process from 'node:process'
import { getLogger } from '@logtape/logtape'
import { messageOf } from '../../shared/message-of.ts'

const log = getLogger(['distributary', 'origin'])

/** Writes the process id for init scripts, and removes the file when the program ends; an error is only logged. */
export function writePidFile(path: string): void {
  try {
    writeFileSync(path, `${process.pid}\n`)
  } catch (error) {
    log.warn('cannot write pid file', { path, why: messageOf(error) })
    return
  }
  process.once('exit', () => {
    try {
      rmSync(path)
    } catch {
      // the user of `<changeowner>` may not be allowed to remove it
    }
  })
}
