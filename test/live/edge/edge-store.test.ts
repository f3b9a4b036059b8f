import { execFileSync } from 'node:child_process'
import { rmSync, writeFileSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, describe, expect, test } from 'vitest'
import { eventually } from '../../kit/base/eventually.ts'
import { clientOf } from '../../kit/cluster/edge-client.ts'
import { mountReport, reportOf } from '../../kit/parts/reports.ts'
import { testFolder } from '../../kit/process/files.ts'
import { start } from '../../kit/process/process.ts'
import { edgeProgram } from '../../kit/process/programs.ts'
import { type Server, secrets, startEdge } from '../../kit/process/runtimes.ts'

/** A disk of 1 MiB, if this machine allows one. */
function smallDisk(): string | undefined {
  const folder = testFolder()
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder], { stdio: 'ignore' })
  } catch {
    return undefined
  }
  onEnd.push(() => execFileSync('umount', ['-l', folder]))
  return folder
}

const onEnd: (() => unknown)[] = []
afterEach(async () => {
  for (const end of onEnd.splice(0).reverse()) await end()
})

const many = Array.from({ length: 400 }, (_, i) => mountReport(`/m${i}.mp3`))
const large = (seq: number) => reportOf('a', { boot: 'b', seq, mounts: [mountReport('/live.mp3'), ...many] })

describe.each(['node', 'bun', 'deno'] as const)('the store of an edge on %s', (runtime) => {
  const edgeIn = async (DATA_DIR: string): Promise<Server> => {
    const edge = await startEdge(runtime, { DATA_DIR })
    onEnd.push(() => edge.stop())
    return edge
  }

  test('on a full disk answers reports with 500 and /healthz with 503, still redirects, and recovers when there is room', async ({
    skip,
  }) => {
    const disk = smallDisk()
    if (disk === undefined) return skip('no tmpfs may be mounted here')
    const client = clientOf((await edgeIn(disk)).url)
    expect((await client.report(large(1))).status).toBe(200)
    execFileSync('sh', ['-c', `cat /dev/zero > ${disk}/filler 2>/dev/null || true`])
    let seq = 1
    const full = await eventually(async () => {
      const answer = await client.report(large(++seq))
      return answer.status === 200 ? undefined : answer
    })
    expect([full.status, await full.text()]).toEqual([
      500,
      expect.stringContaining('the store cannot be written'),
    ])
    expect((await client.ask('/healthz')).status).toBe(503)
    expect((await client.ask('/live.mp3', { method: 'HEAD' })).status).toBe(302)
    expect((await client.ask('/')).status, 'the page').toBe(200)
    rmSync(`${disk}/filler`)
    expect((await client.report(large(++seq))).status).toBe(200)
    expect((await client.ask('/healthz')).status).toBe(200)
  })

  test('that another program holds answers with 503 and Retry-After, and with 200 once it is free', async () => {
    const folder = testFolder()
    const client = clientOf((await edgeIn(folder)).url)
    expect((await client.report(large(1))).status).toBe(200)
    const other = new DatabaseSync(`${folder}/edge.sqlite`)
    other.exec('BEGIN IMMEDIATE')
    const held = await client.report(large(2))
    expect([held.status, held.headers.get('retry-after')]).toEqual([503, '1'])
    expect((await client.asAdmin('/api/servers/a/drain', 'POST')).status).toBe(503)
    expect((await client.ask('/live.mp3', { method: 'HEAD' })).status).toBe(302)
    other.exec('ROLLBACK')
    other.close()
    expect((await client.report(large(3))).status).toBe(200)
  })

  test('that is deleted is noticed', async () => {
    const folder = testFolder()
    const client = clientOf((await edgeIn(folder)).url)
    expect((await client.report(large(1))).status).toBe(200)
    rmSync(`${folder}/edge.sqlite`)
    expect((await client.report(large(2))).status).toBe(500)
    expect((await client.ask('/healthz')).status).toBe(503)
    expect((await client.ask('/live.mp3', { method: 'HEAD' })).status).toBe(302)
  })

  test('that is damaged stops the start with its name and a remedy, without a stack trace', async () => {
    const folder = testFolder()
    writeFileSync(`${folder}/edge.sqlite`, 'no database'.repeat(1000))
    const env = { RELAY_PASSWORD: secrets.relay, ADMIN_PASSWORD: secrets.admin, DATA_DIR: folder, PORT: '0' }
    const args = runtime === 'deno' ? ['run', '-A', edgeProgram] : [edgeProgram]
    const edge = start(runtime, args, { env })
    onEnd.push(() => edge.stop())
    expect(await edge.exited).toMatchObject({ code: 1 })
    expect(edge.output()).toContain(`${folder}/edge.sqlite is damaged`)
    expect(edge.output()).toContain('restore a backup, or move the file away')
    expect(edge.output()).not.toMatch(/^\s+at /m)
  })
})
