import { spawn } from 'node:child_process'
import { repo } from '../../kit/process/process.ts'
import type { Plan } from './plan.ts'

/** The tests of all third-party encoders and players, including Icecast as a relay; the soak runs them longer. */
const files = ['peers/encoders-whole', 'peers/players-titles', 'hls/hls-sounds', 'peers/peers-icecast'].map(
  (name) => `test/live/${name}.test.ts`,
)

/**
 * Runs every third-party encoder and player for a minute each, by the same tests that otherwise take some seconds; a program
 * that is not installed is a failure. Resolves with whether all passed.
 */
export function soakPeers({ peerSeconds }: Plan, stopping: AbortSignal): Promise<boolean> {
  const child = spawn('vitest', ['run', '--project', 'live', ...files], {
    cwd: repo,
    env: { ...process.env, PEER_SECONDS: String(peerSeconds), REQUIRE_PEERS: '1' },
    stdio: 'inherit',
    signal: stopping,
  })
  return new Promise((resolve) => {
    child.on('error', () => resolve(false))
    child.on('close', (code) => resolve(code === 0))
  })
}
