import { spawnSync } from 'node:child_process'
import { repo } from '../process/process.ts'

/** ms for what takes some seconds where packages come fast */
const makeMs = 240_000

/**
 * Before the tests: where none may be skipped for a program that is absent, makes Icecast 2.5.0, which Debian's stable
 * releases have not. Where that cannot be done, its tests are skipped by a name that says why.
 */
export default function makeStock(): void {
  const { REQUIRE_PEERS, ICECAST_2_5, ICECAST_2_5_MISSING } = process.env
  if (REQUIRE_PEERS !== '1' || ICECAST_2_5 !== undefined || ICECAST_2_5_MISSING !== undefined) return
  const made = spawnSync('.ci/icecast-2.5', { cwd: repo, encoding: 'utf8', timeout: makeMs })
  if (made.status === 0) {
    process.env.ICECAST_2_5 = made.stdout.trim()
    return
  }
  const why = made.error?.message ?? made.stderr.trim().split('\n').at(-1)
  process.env.ICECAST_2_5_MISSING = `.ci/icecast-2.5 could not make it: ${why}`
}
