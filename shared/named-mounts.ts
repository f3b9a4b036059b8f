/** mounts named in the text of a 404 */
export const namedMountsMax = 10

/** The line of a 404 that names mounts, already printed as in a URL; empty if there are none. */
export const namingMounts = (mounts: readonly string[]): string =>
  mounts.length === 0 ? '' : `mounts here: ${[...mounts].sort().slice(0, namedMountsMax).join(' ')}`
