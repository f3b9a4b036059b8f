import type { MountAuth } from '../../../../../origin/auth/mount-auth.ts'
import { originWrongLogins } from '../../../../../origin/auth/wrong-logins.ts'
import type { OriginConfig } from '../../../../../origin/config/config.ts'
import { mountSettings } from '../../../../../origin/config/mount-settings.ts'
import { Files } from '../../../../../origin/files/serve.ts'
import { PackagedObjects } from '../../../../../origin/hls/packaged-objects.ts'
import { Packagers } from '../../../../../origin/hls/packagers.ts'
import type { HlsDeps } from '../../../../../origin/hls/serve/deps.ts'
import { KeptBytes } from '../../../../../origin/hls/serve/kept-bytes.ts'
import { answerHls, answerMultivariant } from '../../../../../origin/hls/serve/serve.ts'
import { Slots } from '../../../../../origin/lib/slots.ts'
import { limits } from '../../../../../origin/limits.ts'
import type { Decider } from '../../../../../origin/listen/decider.ts'
import type { Placer } from '../../../../../origin/listen/placement.ts'
import type { Relaying } from '../../../../../origin/relay/relaying.ts'
import type { Reports } from '../../../../../origin/report/reports.ts'
import type { OriginState } from '../../../../../origin/state.ts'
import { MirroredObjects } from '../../../../../shared/hls/mirrored-objects.ts'
import { parseHlsPath, parseMultivariantPath } from '../../../../../shared/hls/paths.ts'
import type { Mount } from '../../../../../shared/mount.ts'
import type { Process } from '../../rig/process.ts'
import { exchange } from './exchange.ts'

/** The parts of an origin that serving HLS needs. */
export interface ServesHls {
  process: Process
  config: OriginConfig
  state: OriginState
  placer: Placer
  auth: MountAuth
  relaying: Relaying
  reports: Reports
  decider: Decider | undefined
  roll: () => number
  failed: (mount: Mount, error: unknown) => void
}

/** The HLS of an origin, as origin/program.ts puts it together; requests come without a socket. */
export class ServingHls {
  readonly packagers: Packagers
  readonly #deps: HlsDeps
  readonly #nowMs: () => number

  constructor(parts: ServesHls) {
    const { process, config, state, relaying } = parts
    const { nowMs, timers, clock } = process
    const { mounts } = state
    const { relays } = relaying
    this.#nowMs = nowMs
    this.packagers = new Packagers({
      running: () => mounts.list().filter(({ name }) => !relays.isMirrored(name)),
      packaging: (mount) => mountSettings(config, mount).hls,
      times: () => config.hls,
      timers,
      nowMs,
      wallMs: () => clock.wallMs(),
    })
    mounts.onChange(() => this.packagers.look())
    this.#deps = depsOf(parts, this.packagers)
  }

  /** The answer to a request for an object of HLS; undefined if the path is none of HLS. */
  answer(request: Request, from: string): Promise<Response> | undefined {
    const { pathname } = new URL(request.url)
    const asked = parseHlsPath(pathname)
    const mount = parseMultivariantPath(pathname)
    if (asked)
      return exchange(request, from, this.#nowMs(), (connection) =>
        answerHls(connection, asked.mount, asked.object, this.#deps),
      )
    if (mount === undefined) return undefined
    return exchange(request, from, this.#nowMs(), (connection) =>
      answerMultivariant(connection, mount, this.#deps),
    )
  }
}

function depsOf(
  { process, config, state, placer, auth, relaying, reports, decider, roll, failed }: ServesHls,
  packagers: Packagers,
): HlsDeps {
  const { nowMs, timers } = process
  const { relays } = relaying
  const packaged = new PackagedObjects(packagers)
  const mirrored = new MirroredObjects({
    nowMs,
    fetch: (mount, path, bytesMax) => relaying.fetchObject(mount, path, bytesMax),
  })
  const wasMirrored = (mount: Mount) => state.mounts.get(mount) === undefined && relaying.wasMirrored(mount)
  return {
    config,
    state,
    nowMs,
    placer,
    auth,
    wrongLogins: originWrongLogins(nowMs, timers),
    files: new Files({ webroot: () => undefined, onServed: () => {} }),
    relaySlots: new Slots(limits.relaysMax),
    hls: {
      failed,
      objectsOf: (mount) => (relays.isMirrored(mount) || wasMirrored(mount) ? mirrored : packaged),
      standIn: () => undefined,
      mayReturn: (mount) => packagers.mayReturn(mount) || wasMirrored(mount),
      sessions: state.sessions,
      askDrainers: () => (reports.isDraining ? reports.renew() : undefined),
      edgeUrls: () => reports.edgeUrls,
      decider,
      kept: new KeptBytes(),
      random: (bytes) => crypto.getRandomValues(bytes),
      roll,
    },
  }
}
