/** What ends: told in this order. */
export interface Leaving {
  /** Sends new listeners elsewhere and takes leave of the deciders. */
  leave(): Promise<void>
  /** whether no listener is here */
  readonly isIdle: boolean
  /** whether deciders know of it, which may send listeners for a moment after it took leave */
  readonly isKnown: boolean
  close(): Promise<void>
}

/** ms between two looks whether the last listener has gone */
const lookMs = 100

/** ms for which a decider may still send listeners to a server that left: so old are the numbers of an edge on Workers at most */
const staleMs = 5000

/**
 * Ends a server within its grace (docs/protocol.md#the-end-of-an-origin): takes leave, lets the listeners play on, sends back those that a decider
 * still sends, and closes with the last listener, or when the grace is over.
 */
export async function shutDown(
  leaving: Leaving,
  graceMs: number,
  wait: (ms: number) => Promise<unknown>,
): Promise<void> {
  const over = { now: false }
  const grace = wait(graceMs).then(() => {
    over.now = true
  })
  await Promise.race([leaving.leave(), grace])
  if (leaving.isKnown) await Promise.race([wait(staleMs), grace])
  while (!over.now && !leaving.isIdle) await Promise.race([wait(lookMs), grace])
  await leaving.close()
}
