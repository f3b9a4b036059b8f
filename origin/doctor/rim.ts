import { readFileSync } from 'node:fs'
import { connect } from 'node:tls'
import type { ConnectTls } from '../../shared/doctor/certificate.ts'

/** The outside world of the doctor; tests pass their own. */
export interface Rim {
  fetch: typeof fetch
  connectTls: ConnectTls
  /** a file's text; undefined if it cannot be read */
  read: (path: string) => string | undefined
  /** wall clock */
  nowMs: () => number
}

export const machineRim: Rim = {
  fetch,
  connectTls: (options, listener) => connect(options, listener),
  read: (path) => {
    try {
      return readFileSync(path, 'utf8')
    } catch {
      return undefined
    }
  },
  nowMs: Date.now,
}
