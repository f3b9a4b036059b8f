/** The version in `package.json`; a test holds the two together. */
export const version = '0.1.0'

/** How our servers name themselves; relays are told apart by its beginning (S11). */
export const serverAgent = `Icecast-compatible distributary/${version}`
