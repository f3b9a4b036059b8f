import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'vitest'
import { type Peer, pathOf, peer } from './peers.ts'

export type StockName = 'Icecast 2.4.4' | 'Icecast 2.5.0'
export const stockNames: readonly StockName[] = ['Icecast 2.4.4', 'Icecast 2.5.0']

/** The program of each: 2.4.4 is the system's, 2.5.0 is where `.ci/icecast-2.5` has made it and `ICECAST_2_5` says. */
export const stockCommand = (name: StockName): string =>
  name === 'Icecast 2.4.4' ? 'icecast2' : (process.env.ICECAST_2_5 ?? 'ICECAST_2_5')

/** Whether it can be started here. */
export const hasStock = (name: StockName): boolean =>
  name === 'Icecast 2.4.4' ? pathOf('icecast2') !== undefined : existsSync(stockCommand(name))

/** Its folder with `web` and `admin`, below the same prefix as the program. */
export function shareOf(command: string): string {
  const prefix = dirname(dirname(command.includes('/') ? command : (pathOf(command) ?? '/usr/bin/icecast2')))
  const folders = ['icecast2', 'icecast'].map((name) => join(prefix, 'share', name))
  return folders.find((folder) => existsSync(folder)) ?? '/usr/share/icecast2'
}

/**
 * `peer` for a test with this Icecast, and other programs. Where 2.5.0 cannot be made (`make-stock.ts`),
 * `ICECAST_2_5_MISSING` says why, and the test is skipped under that name with `REQUIRE_PEERS=1` too.
 */
export function stock(name: StockName, ...others: Peer[]): ReturnType<typeof peer> {
  if (name === 'Icecast 2.4.4') return peer('icecast2', ...others)
  if (hasStock(name)) return peer(...others)
  const reason = process.env.ICECAST_2_5_MISSING
  return (title, _body, timeoutMs) => {
    const missing = reason ?? 'ICECAST_2_5 does not name its program, which .ci/icecast-2.5 makes'
    if (process.env.REQUIRE_PEERS !== '1' || reason !== undefined)
      return test.skip(`${title} [skipped: no ${name}: ${missing}]`)
    return test(title, { timeout: timeoutMs }, () => {
      throw new Error(`no ${name}: ${missing}, and REQUIRE_PEERS=1 asks for it`)
    })
  }
}
