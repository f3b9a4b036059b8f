import { type Mount, parseMount } from '../../shared/mount.ts'

/**
 * `/` as a mount. An origin plays it while a source feeds it, as Icecast does; an edge has its own page there, so reports
 * do not contain it.
 */
export const rootMount = '/' as Mount

/** Reads a mount of this server from the path of a URL: as {@link parseMount}, and also `/`. */
export const parseOriginMount = (path: string): Mount | undefined =>
  path === rootMount ? rootMount : parseMount(path)
