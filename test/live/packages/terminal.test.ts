import process from 'node:process'
import { expect, test } from 'vitest'
import { start } from '../../kit/process/process.ts'

const env = {
  RELAY_PASSWORD: 'relay-secret',
  ADMIN_PASSWORD: 'admin-secret',
  DATA_DIR: ':memory:',
  HOST: '127.0.0.1',
  PORT: '0',
}

test('an edge writes text to a terminal and JSON to a pipe: what it remembers at its start, then each wrong login', async () => {
  // script(1) of Debian's bsdutils gives the program a terminal, and a session of its own, in which it would go on without script
  const atTerminal = start('script', ['-qec', 'echo pid $$; exec node edge/main.ts', '/dev/null'], { env })
  const piped = start('node', ['edge/main.ts'], { env })
  try {
    const [, port = ''] = await atTerminal.line(
      /^\S+ \S+ info {4}edge: ready host=127\.0\.0\.1 port=(\d+) dataDir=:memory: servers=0 mounts=0\r?$/m,
    )
    const login = { Authorization: `Basic ${btoa('a\u001b[2Jb:guess')}` }
    await fetch(`http://127.0.0.1:${port}/metrics`, { headers: login })
    const [line] = await atTerminal.line(/^.* warning auth: wrong login .*$/m)
    expect(line).toContain('door="the metrics" address=127.0.0.1 user="a\\u001b[2Jb"')
    const [json] = await piped.line(/^\{.*"ready".*$/m)
    expect(JSON.parse(json)).toMatchObject({ servers: 0, mounts: 0 })
  } finally {
    const [, pid = ''] = await atTerminal.line(/^pid (\d+)/m)
    process.kill(Number(pid), 'SIGTERM')
    await Promise.all([atTerminal.stop(), piped.stop()])
  }
})
