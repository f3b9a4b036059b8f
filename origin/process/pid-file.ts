import { rmSync, writeFileSync } from 'node:fs'
import process from 'node:process'
import { getLogger } from '@logtape/logtape'
import { messageOf } from '../../shared/message-of.ts'

const log = getLogger(['distributary', 'origin'])

/** Writes the process's id where init scripts look for it, until the program ends; what hinders it is only said. */
export function writePidFile(path: string): void {
  try {
    writeFileSync(path, `${process.pid}\n`)
  } catch (error) {
    log.warn('no pid file', { path, why: messageOf(error) })
    return
  }
  process.once('exit', () => {
    try {
      rmSync(path)
    } catch {
      // the user whom we became may not remove it
    }
  })
}
