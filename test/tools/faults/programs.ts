import { join } from 'node:path'
import { icecastFile } from '../../kit/peers/icecast.ts'
import { type StockName, stockCommand } from '../../kit/peers/stock.ts'
import { edgeProgram, originProgram } from '../../kit/process/programs.ts'
import { type EdgeRuntime, type OriginRuntime, secrets } from '../../kit/process/runtimes.ts'
import type { MemberPlan } from './member.ts'
import type { Place } from './places.ts'

/** s between two reports, and two polls, of a server */
export const interval = 2
/** slots of each server: all listeners fit on one */
export const slots = 1500

/** How the edge of a trial is started; its store is in `folder/store`. */
export async function edgeAt(runtime: EdgeRuntime, place: Place, folder: string): Promise<MemberPlan> {
  const { host, bindPort } = place
  const settings = { RELAY_PASSWORD: secrets.relay, ADMIN_PASSWORD: secrets.admin, PROBE: '0' }
  const path = '/healthz'
  const store = join(folder, 'store')
  if (runtime === 'workers') {
    const { workerdConfig } = await import('../../kit/process/workerd.ts') // its bundler takes a while to load
    const file = await workerdConfig(store, 'edge/worker.ts', `${host}:${bindPort}`, settings)
    return { ...place, runtime, command: ['workerd', 'serve', file], env: {}, path }
  }
  const command: MemberPlan['command'] =
    runtime === 'deno' ? ['deno', 'run', '-A', edgeProgram] : [runtime, edgeProgram]
  const env = { ...settings, DATA_DIR: store, HOST: host, PORT: String(bindPort) }
  return { ...place, runtime, command, env, path }
}

/** How a master or a slave is started. */
export function originAt(runtime: OriginRuntime, place: Place, flags: readonly string[]): MemberPlan {
  const { host, port, bindPort } = place
  const own = ['--port', String(bindPort), '--bind', host, '--public-url', `http://${host}:${port}`]
  const env = {
    ORIGIN_SOURCE_PASSWORD: secrets.source,
    ORIGIN_RELAY_PASSWORD: secrets.relay,
    ORIGIN_ADMIN_PASSWORD: secrets.admin,
    ORIGIN_MASTER_PASSWORD: secrets.relay,
  }
  const command: MemberPlan['command'] = [
    runtime,
    originProgram,
    ...own,
    '--max-listeners',
    String(slots),
    ...flags,
  ]
  return { ...place, runtime, command, env, path: '/status-json.xsl', interval }
}

/** How a stock Icecast is started that relays from a master of this machine. */
export function stockAt(name: StockName, place: Place, folder: string, masterPort: number): MemberPlan {
  const command = stockCommand(name)
  const file = icecastFile(place.bindPort, join(folder, place.name), {
    command,
    clients: slots,
    master: { port: masterPort, password: secrets.relay, updateIntervalS: interval },
  })
  return {
    ...place,
    runtime: 'stock',
    command: [command, '-c', file],
    env: {},
    path: '/status-json.xsl',
    interval,
  }
}
