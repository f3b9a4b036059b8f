import { type Mount, parseMount } from '../../shared/mount.ts'

/**
 * `/` as a mount. An origin plays it while a source is on it, as Icecast does; an edge has its own page there, so it stands
 * in no report.
 */
export const rootMount = '/' as Mount

/** Reads a mount of this server from the path of a URL: what {@link parseMount} reads, and `/`. */
export const parseOriginMount = (path: string): Mount | undefined =>
  path === rootMount ? rootMount : parseMount(path)
