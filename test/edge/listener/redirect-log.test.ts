import { expect, test } from 'vitest'
import { createEdge } from '../../../edge/app.ts'
import { parseConfig } from '../../../edge/config.ts'
import { localCluster } from '../../../shared/api/cluster.ts'
import { Registry } from '../../../shared/cluster/registry.ts'
import { printSourcelist } from '../../../shared/report/sourcelist.ts'
import { logged } from '../../kit/base/log-records.ts'
import { reportOf } from '../../kit/parts/reports.ts'

/** What an edge with this log level logs for two redirects. */
function redirectsAt(level: string) {
  const config = parseConfig({
    RELAY_PASSWORD: 'relay-secret',
    ADMIN_PASSWORD: 'admin-secret',
    LOG_LEVEL: level,
  })
  const registry = new Registry(undefined, config.maxListenersDefault, 0)
  const report = reportOf('a')
  registry.put(report, printSourcelist(report), 0)
  const edge = createEdge({
    config,
    cluster: localCluster(registry, config.accounts, () => 0),
    nowMs: () => 0,
    roll: () => 0.5,
    redirected: () => {},
    carrying: { fetch, bytesMax: 0 },
    startedAtMs: 0,
  })
  const facts = { address: '203.0.113.7', secure: false, base: undefined, from: { country: 'DE' } }
  return logged(async () => {
    for (const query of ['?token=secret', '?x=b'])
      await edge.answer(new Request(`http://edge.example/live.mp3${query}`), facts)
  })
}

test('at debug each redirect is logged with mount, server, why, hops and country, and without address or query', async () => {
  const records = await redirectsAt('debug')
  expect(records.map(({ properties }) => properties)).toEqual([
    { mount: '/live.mp3', server: 'a', why: 'draw', hops: 0, country: 'DE' },
    { mount: '/live.mp3', server: 'a', why: 'sent back', hops: 1, country: 'DE' },
  ])
  expect(JSON.stringify(records)).not.toMatch(/203\.0\.113\.7|secret/)
})

test('at info no redirect is logged', async () => {
  expect(await redirectsAt('info')).toEqual([])
})
