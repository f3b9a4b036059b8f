import { constants, setPriority } from 'node:os'
import { basename } from 'node:path'
import { expect } from 'vitest'
import { startSoon } from '../process/sessions.ts'

/**
 * Files whose players have to hear every moment on time, because a stall is what they look for. With a dozen files at once, two cores
 * would make a player stand for reasons of its own.
 */
const inRealTime = new Set([
  'hls-player-restarts.test.ts',
  'hls-players.test.ts',
  'hls-restarts.test.ts',
  'hls-sounds.test.ts',
  'player-page.test.ts',
])

/** niceness: twenty programs that want to run take less than one player's thread then, and still more than the crowds, which have 19 */
const behindPlayers = 15

/** Other live tests wait for states, however long these take: they, and the programs that they start, come after the players and their servers. */
const isInRealTime = inRealTime.has(basename(expect.getState().testPath ?? ''))
startSoon(isInRealTime)
try {
  // the process may have run another file before
  setPriority(isInRealTime ? constants.priority.PRIORITY_NORMAL : behindPlayers)
} catch {
  // not root: then it stays behind
}
