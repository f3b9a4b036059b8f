import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { edgeContract } from '../../contract/edge.ts'
import { eventually } from '../../kit/base/eventually.ts'
import { freePort } from '../../kit/process/ports.ts'
import { type Program, start } from '../../kit/process/process.ts'
import { noDevVars } from '../../kit/process/runtimes.ts'

edgeContract('workers')

let unset: Program | undefined
const folder = mkdtempSync(join(tmpdir(), 'workers-'))
afterAll(async () => {
  await unset?.stop()
  rmSync(folder, { recursive: true })
})

test('a worker without passwords answers every request with 503, naming the missing settings', async () => {
  const port = await freePort()
  const flags = ['--ip', '127.0.0.1', '--port', String(port), '--inspector-port', '0', '--persist-to', folder]
  unset = start('wrangler', ['dev', '--local', '--show-interactive-dev-session=false', ...flags, noDevVars], {
    env: { WRANGLER_SEND_METRICS: 'false', CLOUDFLARE_CF_FETCH_ENABLED: 'false' },
  })
  const ask = (path: string) => fetch(`http://127.0.0.1:${port}${path}`)
  await eventually(() => ask('/'))
  for (const path of ['/live.mp3', '/healthz', '/api/servers', '/admin/sourcelist.txt']) {
    const answer = await ask(path)
    expect(answer.status, path).toBe(503)
    expect(await answer.text()).toMatch(/RELAY_PASSWORD is not set.*\nADMIN_PASSWORD is not set/)
  }
})
