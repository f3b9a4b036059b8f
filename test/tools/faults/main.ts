import process from 'node:process'
import { messageOf } from '../../../shared/message-of.ts'
import { stopAll } from '../../kit/process/process.ts'
import bundleOnce from '../../kit/run/bundle-once.ts'
import { parseOptions } from './options.ts'

const stopping = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.on(signal, () => {
    if (stopping.signal.aborted) {
      stopAll()
      process.exit(1)
    }
    console.log(`${signal}: this round is finished; once more stops at once`)
    stopping.abort()
  })

async function main(): Promise<void> {
  const options = parseOptions(process.argv.slice(2), Date.now())
  if (options.names.length === 0) return console.log((await import('./session.ts')).list())
  const removeBundles = await bundleOnce() // first: what starts programs looks for bundles when it is imported
  try {
    const { playAll } = await import('./session.ts')
    if (!(await playAll(options, stopping.signal))) process.exitCode = 1
  } finally {
    removeBundles()
  }
}

try {
  await main()
} catch (error) {
  console.error(messageOf(error))
  process.exitCode = 2
}
