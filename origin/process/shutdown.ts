/** The server that shuts down; its methods are called in this order. */
export interface Leaving {
  /** Sends new listeners elsewhere and tells the deciders that this server leaves. */
  leave(): Promise<void>
  /** whether no listener is connected */
  readonly isIdle: boolean
  /** whether deciders know this server: they may send it listeners for a moment after it left */
  readonly isKnown: boolean
  close(): Promise<void>
}

/** ms between two checks whether the last listener has left */
const lookMs = 100

/** ms for which a decider may still send listeners to a server that left: the maximum age of the data of an edge on Workers */
const staleMs = 5000

/** ms that the close may take, in which auth backends have 4 s: a connection of which the runtime never says that it is closed keeps no program */
const closeMs = 8000

/**
 * Ends a server within its grace (docs/protocol.md#the-end-of-an-origin): tells the deciders, keeps serving its listeners, sends back those that a
 * decider still sends, and closes when the last listener has left, or the grace is over.
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
  await Promise.race([leaving.close(), wait(closeMs)])
}
