import { Load } from '../../../origin/load.ts'
import { ActiveMount } from '../../../origin/mount/mount.ts'
import { ManualTime } from '../base/manual-time.ts'
import { FakeWire } from '../wire/wire.ts'
import { settingsOf } from './mount-settings.ts'
import { mountOf } from './reports.ts'
import { limitsWith } from './server-limits.ts'

/** The mount `/live` with a source of this type, on a clock that the test moves, and a way to listen to it. */
export function liveMount(contentType: string, time = new ManualTime()) {
  const limits = limitsWith({ burst: { bytes: 20_000 }, queueBytes: 50_000 })
  let ids = 0
  const info = { kind: 'source', contentType, headers: new Map(), owner: 'source' } as const
  const mount = new ActiveMount(mountOf('/live'), info, {
    config: { limits },
    settings: settingsOf({}).of,
    load: new Load(time.nowMs),
    nowMs: time.nowMs,
    timers: time,
    nextId: () => ++ids,
  })
  const listen = (icy: boolean) => {
    const wire = new FakeWire()
    const who = { address: '', userAgent: undefined, connectedAtMs: 0, isRelay: false }
    mount.join(wire, new Uint8Array(), who, icy)
    return wire
  }
  return { time, mount, info, listen }
}
