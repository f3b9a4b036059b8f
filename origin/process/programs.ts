import { spawn } from 'node:child_process'
import { getLogger } from '@logtape/logtape'
import type { Mount } from '../../shared/mount.ts'
import { accessLimits as limits } from '../auth/limits.ts'
import type { OriginConfig } from '../config/config.ts'
import { mountSettings } from '../config/mount-settings.ts'
import type { MountEvents } from '../mount/mount-watch.ts'

const log = getLogger(['distributary', 'programs'])

/** Runs what a mount's `on-connect` and `on-disconnect` name, with the mount as its one argument. */
export class Programs implements MountEvents {
  #config: Pick<OriginConfig, 'mounts'>
  #environment: Readonly<Record<string, string>>
  #running = 0

  /** @param environment this program's own; what it holds of ours is not passed on */
  constructor(
    config: Pick<OriginConfig, 'mounts'>,
    environment: Readonly<Record<string, string | undefined>>,
  ) {
    this.#config = config
    this.#environment = withoutSecrets(environment)
  }

  mountBegan(mount: Mount): void {
    this.#run(mountSettings(this.#config, mount).onConnect, mount)
  }

  mountEnded(mount: Mount): void {
    this.#run(mountSettings(this.#config, mount).onDisconnect, mount)
  }

  /** Without a shell, so that no name of a mount is a command; it lives on when this program ends. */
  #run(program: string | undefined, mount: Mount): void {
    if (program === undefined) return
    if (this.#running >= limits.programsMax) {
      log.error('a program is not run: too many are', { program, mount, running: this.#running })
      return
    }
    this.#running++
    const child = spawn(program, [mount], {
      env: { ...this.#environment },
      detached: true,
      stdio: 'ignore',
      timeout: limits.programMs,
    })
    child.unref()
    let isOver = false
    const over = (why: object | undefined) => {
      if (isOver) return
      isOver = true
      this.#running--
      if (why) log.error('a program failed', { program, mount, ...why })
    }
    child.once('error', (error) => over({ why: error.message }))
    child.once('close', (code, signal) => over(code === 0 ? undefined : { code, signal }))
  }
}

/** The passwords that the environment may hold are not for programs of others. */
const withoutSecrets = (
  environment: Readonly<Record<string, string | undefined>>,
): Record<string, string> => {
  const kept: Record<string, string> = {}
  for (const [name, value] of Object.entries(environment))
    if (value !== undefined && !name.startsWith('ORIGIN_')) kept[name] = value
  return kept
}
