/**
 * s for which each encoder and player of others plays: ten in the tests, and what `PEER_SECONDS` says in the soak.
 * Throws if that is not a whole number of pieces of five seconds.
 */
export const peerSeconds = Number(process.env.PEER_SECONDS ?? 10)

if (!(peerSeconds > 0 && peerSeconds <= 3600 && peerSeconds % 5 === 0))
  throw new Error(`PEER_SECONDS is "${process.env.PEER_SECONDS}", expected a multiple of 5 up to 3600`)
