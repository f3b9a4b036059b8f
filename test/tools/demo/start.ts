/** `npm start`: runs a whole cluster as real processes, with a source, until Ctrl-C. `PORT` moves its four ports. */
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { eventually } from '../../kit/eventually.ts'
import { isFree } from '../../kit/ports.ts'
import { repo } from '../../kit/process.ts'
import { Children } from './children.ts'
import { Demo } from './demo.ts'

/** Follows a 302 of the edge and waits for the first bytes. */
async function isRedirectedToAudio(url: string): Promise<boolean> {
  const leaving = new AbortController()
  try {
    const signal = AbortSignal.any([leaving.signal, AbortSignal.timeout(5000)])
    const answer = await fetch(url, { signal })
    const first = await answer.body?.getReader().read()
    return answer.ok && answer.redirected && first?.value !== undefined
  } finally {
    leaving.abort() // a stream never ends by itself
  }
}

const children = new Children((name, how) => demo.lost(name, how))
const demo = new Demo({
  isFree,
  start: ({ name, script, flags, env }) => children.start(name, join(repo, script), flags, env),
  untilPlaying: (url) => eventually(() => isRedirectedToAudio(url), { everyMs: 200 }),
  stop: (last) => children.stop(last),
  print: (text) => console.log(text),
  complain: (text) => console.error(text),
  exit: (code) => process.exit(code),
})
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => demo.end(0))

if (process.env.npm_lifecycle_event === 'start') await import('./lifeline.ts') // only under npm, which outlives this program; a shell may exit first
const newPassword = () => randomBytes(12).toString('base64url')
await demo.run(process.env.PORT ?? '8000', {
  relay: newPassword(),
  admin: newPassword(),
  source: newPassword(),
})
