import type { Mount } from '../../shared/mount.ts'
import type { RequestUrl } from './request-url.ts'

/** The head of a request, as far as it bears on where a listener goes: a `Request` is not needed to place one. */
export interface MountHead extends RequestUrl {
  readonly method: string
  readonly headers: { get(name: string): string | null }
  /** undefined if the path does not name a mount */
  readonly mount: Mount | undefined
}
