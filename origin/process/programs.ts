import { spawn } from 'node:child_process'
import { getLogger } from '@logtape/logtape'
import type { Mount } from '../../shared/mount.ts'
import { authLimits as limits } from '../auth/limits.ts'
import type { OriginConfig } from '../config/config.ts'
import { mountSettings } from '../config/mount-settings.ts'
import type { MountEvents } from '../mount/mount-watch.ts'

const log = getLogger(['distributary', 'programs'])

/** Runs the `on-connect` and `on-disconnect` programs of mounts, with the mount as the only argument. */
export class Programs implements MountEvents {
  #config: Pick<OriginConfig, 'mounts'>
  #environment: Readonly<Record<string, string>>
  #running = 0

  /** @param environment of this program; our own variables are not passed on */
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

  /** Runs a program without a shell, so that a mount's name cannot be a command. It may outlive this program. */
  #run(program: string | undefined, mount: Mount): void {
    if (program === undefined) return
    if (this.#running >= limits.programsMax) {
      log.error('program not run: too many are running', { program, mount, running: this.#running })
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
      if (why) log.error('program failed', { program, mount, ...why })
    }
    child.once('error', (error) => over({ why: error.message }))
    child.once('close', (code, signal) => over(code === 0 ? undefined : { code, signal }))
  }
}

/** Removes our variables: they may be passwords, which other programs must not get. */
const withoutSecrets = (
  environment: Readonly<Record<string, string | undefined>>,
): Record<string, string> => {
  const kept: Record<string, string> = {}
  for (const [name, value] of Object.entries(environment))
    if (value !== undefined && !name.startsWith('ORIGIN_')) kept[name] = value
  return kept
}
