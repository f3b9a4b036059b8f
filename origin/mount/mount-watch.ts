import type { Mount } from '../../shared/mount.ts'

/** Receives the start and end of each mount. */
export interface MountEvents {
  mountBegan(mount: Mount): void
  mountEnded(mount: Mount): void
}

/** Reports mounts that have started or ended since the last look; a mount taken over by another source continues. */
export class MountWatch {
  #running: ReadonlySet<Mount> = new Set()
  #events: MountEvents

  constructor(events: MountEvents) {
    this.#events = events
  }

  look(running: readonly Mount[]): void {
    const before = this.#running
    this.#running = new Set(running)
    for (const mount of before) if (!this.#running.has(mount)) this.#events.mountEnded(mount)
    for (const mount of this.#running) if (!before.has(mount)) this.#events.mountBegan(mount)
  }
}
