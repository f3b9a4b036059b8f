/** The version in `package.json`; a test holds the two together. */
export const version = '0.1.0'

/** The `User-Agent` and `Server` of our programs; relays are recognized by its beginning (S11). */
export const serverAgent = `Icecast-compatible distributary/${version}`
