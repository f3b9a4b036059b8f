import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parseConfig } from '../../edge/config.ts'
import { createConfig } from '../../origin/config/config.ts'
import { parseEnvironment, parseFlags } from '../../origin/config/flags.ts'
import { repo } from '../kit/process/process.ts'
import { Demo } from './demo/demo.ts'
import { type DemoProgram, parseDemoPort } from './demo/plan.ts'

const passwords = { relay: 'relay-pw', admin: 'admin-pw', source: 'source-pw' }

/** A machine on which nothing runs: what the demo does to it, in order. */
function machine({
  taken = 0,
  plays = async () => {},
  missing = [],
}: {
  taken?: number
  plays?: () => Promise<void>
  missing?: readonly string[]
} = {}) {
  const did: string[] = []
  const started: DemoProgram[] = []
  const demo = new Demo({
    isFree: async (port) => port !== taken,
    start: (program) => {
      did.push(`start ${program.name}`)
      return started.push(program)
    },
    untilPlaying: async (url) => {
      did.push(`listen ${url}`)
      await plays()
    },
    untilListening: async (port) => void did.push(`wait for port ${port}`),
    untilInDraw: async ({ servers, mount }) => {
      did.push(`wait for ${servers.join(', ')} with ${mount}`)
      return missing
    },
    stop: async (last) => void did.push(`stop, ${last} last`),
    print: (text) => void did.push(`print ${text}`),
    complain: (text) => void did.push(`complain ${text}`),
    exit: (code) => void did.push(`exit ${code}`),
  })
  return { demo, did, started, run: (port = '9000') => demo.run(port, passwords) }
}

describe('npm start', () => {
  test('runs the demo of the one command', () => {
    const { scripts } = JSON.parse(readFileSync(join(repo, 'package.json'), 'utf8'))
    expect(scripts.start).toBe('exec ./distributary demo')
    expect(readFileSync(join(repo, 'distributary.ts'), 'utf8')).toContain('\n  demo: {')
  })

  test('starts an edge, a master and a source, each once the one before listens, then the relays, and prints what to try once all are in the draw', async () => {
    const { did, run } = machine()
    await run()
    expect(did.slice(0, -1)).toEqual([
      'start edge',
      'print edge   | pid 1, http://127.0.0.1:9000',
      'wait for port 9000',
      'start master',
      'print master | pid 2, http://127.0.0.1:9001',
      'wait for port 9001',
      'start source',
      'print source | pid 3, plays to http://127.0.0.1:9001/live.mp3',
      'listen http://127.0.0.1:9000/live.mp3',
      'start relay1',
      'print relay1 | pid 4, http://127.0.0.1:9002',
      'start relay2',
      'print relay2 | pid 5, http://127.0.0.1:9003',
      'wait for master, relay1, relay2 with /live.mp3',
    ])
    const guide = did.at(-1)
    for (const line of [
      'The first redirect works, and every server is in the draw. Open',
      '  http://127.0.0.1:9000/play/live.mp3 ',
      '  curl -sI http://127.0.0.1:9000/live.mp3',
      'in proportion to free slots (master 100, relay1 300, relay2 900)',
      '  curl -s -u admin:admin-pw http://127.0.0.1:9000/api/servers',
    ])
      expect(guide).toContain(line)
  })

  test('says which server is not in the draw where one does not come into it in time', async () => {
    const { did, run } = machine({ missing: ['relay2'] })
    await run()
    expect(did.at(-1)).toContain('these servers are not in the draw yet: relay2. Open')
  })

  test("has flags and variables that its programs accept: one cluster, each server at its own port with its slots and its caller's password", async () => {
    const { started, run } = machine()
    await run()
    const [edge, ...others] = started
    const config = parseConfig(edge?.env ?? {})
    expect(config).toMatchObject({ host: '127.0.0.1', port: 9000, dataDir: ':memory:' })
    const [master, source, ...relays] = others
    const origins = [master, ...relays].map((origin) => {
      const sources = {
        flags: parseFlags(origin?.flags ?? []).settings,
        environment: parseEnvironment(origin?.env ?? {}),
        file: undefined,
      }
      return createConfig(sources)
    })
    expect(
      origins.map(({ id, port, publicUrls, limits }) => [id, port, publicUrls, limits.maxListeners]),
    ).toEqual([
      ['master', 9001, ['http://127.0.0.1:9001'], 100],
      ['relay1', 9002, ['http://127.0.0.1:9002'], 300],
      ['relay2', 9003, ['http://127.0.0.1:9003'], 900],
    ])
    expect(origins.map(({ edges, masters }) => [edges.length, masters.length])).toEqual([
      [1, 0],
      [0, 1],
      [0, 1],
    ])
    for (const origin of origins) expect(origin.sourcePassword).toBe(source?.env.SOURCE_PASSWORD)
  })

  test.for(['9000', '9001', '9002', '9003'])(
    'starts nothing where port %s is taken, and names it',
    async (port) => {
      const { did, run } = machine({ taken: Number(port) })
      await run()
      expect(did).toEqual([
        `complain port ${port} is taken; the demo needs 9000 to 9003, or others: set PORT, such as PORT=9000`,
        'exit 1',
      ])
    },
  )

  test.for(['0', '65533', '80.5', 'http', '-1'])('starts nothing at PORT=%s', async (port) => {
    expect(parseDemoPort(port)).toBeUndefined()
    const { did, run } = machine()
    await run(port)
    expect(did).toEqual([expect.stringMatching(`^complain PORT is "${port}", expected an integer`), 'exit 1'])
  })

  test('stops everything, the edge last, where no listener hears anything', async () => {
    const { did, run } = machine({ plays: () => Promise.reject(new Error('waited 60000 ms')) })
    await run()
    expect(did.slice(-3)).toEqual([
      'complain no redirect worked: Error: waited 60000 ms',
      'stop, edge last',
      'exit 1',
    ])
  })

  test('ends once, whatever ends it: a Ctrl-C, or a program that is lost', async () => {
    const { demo, did, run } = machine()
    await run()
    await Promise.all([demo.end(0), demo.end(0), demo.lost('relay1', 'exited with 0')])
    expect(did.filter((what) => what.startsWith('exit'))).toEqual(['exit 0'])
    expect(did.filter((what) => what.startsWith('stop'))).toHaveLength(1)
  })

  test('plays on without a relay that is killed once everything has played, and not without another program', async () => {
    const { demo, did, run } = machine()
    await run()
    await demo.lost('relay2', 'killed by SIGKILL')
    await demo.lost('relay1', 'killed by SIGKILL')
    expect(did.slice(-2)).toEqual([
      'complain relay2 killed by SIGKILL; the others play on without it',
      'complain relay1 killed by SIGKILL; the others play on without it',
    ])
    await demo.lost('master', 'killed by SIGKILL')
    expect(did.slice(-3)).toEqual([
      'complain master killed by SIGKILL; stopping the rest',
      'stop, edge last',
      'exit 1',
    ])
  })

  test('a program that is lost before stops the rest, and the guide is not printed any more', async () => {
    let heard = () => {}
    const { demo, did, run } = machine({
      plays: () =>
        new Promise<void>((resolve) => {
          heard = resolve
        }),
    })
    const running = run()
    await new Promise((resolve) => setImmediate(resolve))
    await demo.lost('master', 'exited with 1')
    heard()
    await running
    expect(did.slice(-3)).toEqual([
      'complain master exited with 1; stopping the rest',
      'stop, edge last',
      'exit 1',
    ])
  })
})
