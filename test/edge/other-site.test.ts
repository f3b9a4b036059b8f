import { expect, test } from 'vitest'
import { printSourcelist } from '../../shared/report/sourcelist.ts'
import { basic } from '../kit/audio/source.ts'
import { edgeOf } from '../kit/parts/edge-app.ts'
import { mountReport, reportOf } from '../kit/parts/reports.ts'

const relay1 = reportOf('relay1', { mounts: [mountReport('/live.mp3')] })
const admin = basic('admin', 'admin-secret')
const evil = { Origin: 'http://evil.example' }
const json = { 'Content-Type': 'application/json' }

/** Every request that changes something, as a page of another site could send it. */
const changes: [method: string, path: string, headers?: Record<string, string>, body?: string][] = [
  ['POST', '/api/servers/relay1/drain'],
  ['POST', '/api/servers/relay1/undrain'],
  ['DELETE', '/api/servers/relay1'],
  ['POST', '/api/servers', json, '{"url":"http://old.example:8000","maxListeners":5}'],
  ['POST', '/admin/sourcelist.txt', { 'Content-Type': 'text/plain' }, printSourcelist(reportOf('relay2'))],
  ['GET', '/admin/streamlist.txt?rserver=kh.example&rport=8000&interval=10'],
]

test.for(changes)(
  '%s %s from a page of another site is rejected, and changes nothing',
  async ([method, path, headers, body]) => {
    const { ask } = edgeOf(relay1)
    const login = { Authorization: path.startsWith('/api') ? admin : basic('relay', 'relay-secret') }
    const servers = async () => (await ask('/api/servers', { Authorization: admin })).text()
    const before = await servers()
    for (const from of [evil, { Referer: 'http://evil.example/page' }]) {
      const answer = await ask(path, { ...headers, ...login, ...from }, method, {}, body)
      expect([answer.status, await answer.text()]).toEqual([
        403,
        expect.stringContaining('http://evil.example'),
      ])
      expect(await servers()).toBe(before)
    }
    const own = await ask(path, { ...headers, ...login, Origin: 'http://edge.example' }, method, {}, body)
    expect(own.status).toBeLessThan(300)
  },
)

test('requests that only read are allowed from any site', async () => {
  const { ask } = edgeOf(relay1)
  for (const path of ['/api/servers', '/api/mounts', '/metrics'])
    expect((await ask(path, { Authorization: admin, ...evil })).status).toBe(200)
  expect((await ask('/live.mp3', evil)).status).toBe(302)
})
