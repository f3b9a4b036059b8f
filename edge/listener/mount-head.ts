import type { Mount } from '../../shared/mount.ts'
import type { RequestUrl } from './request-url.ts'

/** The parts of a request's head by which a listener is placed: reading only these is cheaper than making a `Request`. */
export interface MountHead extends RequestUrl {
  readonly method: string
  readonly headers: { get(name: string): string | null }
  /** undefined if the path does not name a mount */
  readonly mount: Mount | undefined
}
