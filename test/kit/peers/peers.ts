import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { test } from 'vitest'

/** Programs of others that some tests need; they come with the system, not with `npm ci`. */
export type Peer =
  | 'adduser'
  | 'caddy'
  | 'chromium'
  | 'curl'
  | 'cvlc'
  | 'ezstream'
  | 'ffmpeg'
  | 'haproxy'
  | 'icecast2'
  | 'ices2'
  | 'jq'
  | 'liquidsoap'
  | 'mpg123'
  | 'mpv'
  | 'nginx'
  | 'ogg123'
  | 'openssl'
  | 'promtool'
  | 'systemd-analyze'

/** Where a program is, or undefined where it is not on the PATH. */
export function pathOf(program: string): string | undefined {
  const folders = (process.env.PATH ?? '').split(delimiter)
  return folders.map((folder) => join(folder, program)).find(isExecutable)
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** Those of these programs that this machine has not. */
export const absentOf = (programs: readonly Peer[]): Peer[] =>
  programs.filter((program) => pathOf(program) === undefined)

/**
 * `test` for what needs other programs: `peer('ffmpeg')('ffmpeg plays …', …)`.
 * Where one is absent the test is skipped and its name says why; with `REQUIRE_PEERS=1` it fails.
 */
export function peer(...programs: Peer[]) {
  const absent = absentOf(programs)
  return (name: string, body: () => Promise<void>, timeoutMs?: number) => {
    if (absent.length === 0) return test(name, { timeout: timeoutMs }, body)
    const reason = `no ${absent.join(', ')} on this machine`
    if (process.env.REQUIRE_PEERS !== '1') return test.skip(`${name} [skipped: ${reason}]`)
    return test(name, () => {
      throw new Error(`${reason}, and REQUIRE_PEERS=1 asks for it`)
    })
  }
}
