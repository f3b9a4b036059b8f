import { accessSync, constants, existsSync, readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { connect } from 'node:tls'
import type { ConnectTls } from '../../shared/doctor/certificate.ts'
import { messageOf } from '../../shared/message-of.ts'

/** The outside world of the doctor of an edge; tests pass their own. */
export interface EdgeRim {
  fetch: typeof fetch
  connectTls: ConnectTls
  /** a file's text; undefined if it cannot be read */
  read: (path: string) => string | undefined
  /** why a folder cannot be written in, or made where it is not there yet; undefined: it can */
  whyNotWritable: (folder: string) => string | undefined
  /** wall clock */
  nowMs: () => number
}

export const edgeRim: EdgeRim = {
  fetch,
  connectTls: (options, listener) => connect(options, listener),
  read: (path) => {
    try {
      return readFileSync(path, 'latin1')
    } catch {
      return undefined
    }
  },
  whyNotWritable: (folder) => {
    let there = resolve(folder)
    while (!existsSync(there) && dirname(there) !== there) there = dirname(there)
    try {
      accessSync(there, constants.W_OK)
      return undefined
    } catch (error) {
      return messageOf(error)
    }
  },
  nowMs: Date.now,
}
