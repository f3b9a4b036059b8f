import { byShare, normal } from './random.ts'
import { SimServer } from './server.ts'
import { meanCost, type Setting } from './setting.ts'
import type { Geography } from './world/geography.ts'

/** The servers of a setting before the first listener joins; the seed decides how large and how full they are. */
export function createServers(
  setting: Setting,
  { servers: locations, sizes: given }: Geography,
  roll: () => number,
): SimServer[] {
  const sizes = Array.from(
    { length: setting.servers },
    (_, i) => given?.[i] ?? (setting.sizes === 'one big' ? (i === 0 ? 20_000 : 200) : 40 ** roll()),
  )
  const whole = sum(sizes)
  const servers = sizes.map((size, i) => {
    const capacity = Math.max(50, Math.round((size / whole) * setting.slots)) * meanCost(setting)
    return new SimServer(setting, i, Math.floor(capacity), locations[i], roll)
  })
  fill(setting, servers, roll)
  return servers
}

/** Adds the first listeners: the fill of each server varies around the start fill, that of the whole cluster does not. */
function fill(setting: Setting, servers: readonly SimServer[], roll: () => number): void {
  const fills = servers.map(() =>
    Math.min(0.9, Math.max(0.02, setting.startFill + setting.startFillSd * normal(roll))),
  )
  const meant = setting.startFill * sum(servers.map(({ capacity }) => capacity))
  const scale = meant / sum(servers.map(({ capacity }, i) => capacity * (fills[i] ?? 0)))
  const drawMount = mountDraw(setting, roll)
  for (const [i, server] of servers.entries()) {
    const goal = Math.min(1, (fills[i] ?? 0) * scale) * server.capacity
    while (server.used < goal && server.join(drawMount(), 0)) {
      // each time one more
    }
  }
}

/** Draws the mount that a listener asks for, by the mounts' shares. */
export function mountDraw({ rates }: Setting, roll: () => number): () => number {
  const mounts = rates.map(({ share }, mount) => ({ share, mount }))
  return () => (mounts.length === 1 ? 0 : (byShare(mounts, ({ share }) => share, roll())?.mount ?? 0))
}

const sum = (numbers: readonly number[]) => numbers.reduce((total, each) => total + each, 0)
