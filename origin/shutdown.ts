/** What ends: told in this order. */
export interface Leaving {
  /** Sends new listeners elsewhere and takes leave of the deciders. */
  leave(): Promise<void>
  /** whether nobody would miss it */
  readonly isIdle: boolean
  close(): Promise<void>
}

/** ms between two looks whether the last listener has gone */
const lookMs = 100

/**
 * Ends a server within its grace (contract §4): takes leave, lets the listeners play on, sends back those that a decider
 * still sends, and closes when the grace is over or, where no decider knows us, with the last listener.
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
  while (!over.now && !leaving.isIdle) await Promise.race([wait(lookMs), grace])
  await leaving.close()
}
