import type { Mount } from '../../shared/mount.ts'

/** What wants to know when a mount begins and ends. */
export interface MountEvents {
  mountBegan(mount: Mount): void
  mountEnded(mount: Mount): void
}

/** Tells mounts that have begun or ended since the last look; one that another source takes over goes on. */
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
