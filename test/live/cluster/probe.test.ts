import { describe, expect, onTestFinished, test } from 'vitest'
import { printSourcelist } from '../../../shared/report/sourcelist.ts'
import { basic } from '../../kit/audio/source.ts'
import { eventually } from '../../kit/base/eventually.ts'
import { drawnOrigins, serversAt } from '../../kit/cluster/cluster.ts'
import { reportOf } from '../../kit/parts/reports.ts'
import { edgeRuntimes, type Server, secrets, startEdge } from '../../kit/process/runtimes.ts'

/** RFC 5737: addresses for documentation, at which no server ever answers. */
const silent = 'http://192.0.2.1:8000'
/** No server answers there either, but an edge must not probe it. */
const inside = 'http://127.0.0.1:9'

describe.for(edgeRuntimes)('an edge on %s without a PROBE setting', (runtime) => {
  test('removes a server that never answers from the draw, but not one at a private address', async () => {
    const edge = await startEdge(runtime, { PROBE: '' })
    onTestFinished(() => edge.stop())
    await reportFor('silent', silent, edge)
    await reportFor('inside', inside, edge)
    const out = async () =>
      Object.fromEntries((await serversAt(edge)).map(({ id, out }) => [id, out] as const))
    expect(await out()).toEqual({ silent: null, inside: null })
    await eventually(async () => (await out()).silent === 'unreachable', { everyMs: 200 })
    expect(await out()).toEqual({ silent: 'unreachable', inside: null })
    const drawn = await drawnOrigins({ url: `${edge.url}/live.mp3` }, 20)
    expect(new Set(drawn)).toEqual(new Set([inside]))
    expect(await reportFor('silent', silent, edge)).toMatch(/^probe failed http:\/\/192\.0\.2\.1:8000 \w.*$/m)
    expect(await reportFor('inside', inside, edge)).not.toContain('probe')
  })
})

async function reportFor(id: string, url: string, edge: Server): Promise<string> {
  const answer = await fetch(`${edge.url}/admin/sourcelist.txt`, {
    method: 'POST',
    headers: { Authorization: basic('relay', secrets.relay), 'Content-Type': 'text/plain; charset=utf-8' },
    body: printSourcelist(reportOf(id, { urls: [url], interval: 120 })),
  })
  const text = await answer.text()
  expect([answer.status, text]).toMatchObject([200, expect.stringContaining('accepted 1')])
  return text
}
