import { spawn } from 'node:child_process'
import { repo } from '../../kit/process.ts'
import type { Plan } from './plan.ts'

/** The tests that play every encoder and every player of others, Icecast as a relay among them; the soak has them play longer. */
const files = ['encoders-whole', 'players-titles', 'peers-icecast'].map((name) => `test/live/${name}.test.ts`)

/**
 * Has every encoder and every player of others play for a minute each, whole and in order at a listener, by the same tests
 * that have them play for some seconds; what is not installed fails. Resolves with whether all held.
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
