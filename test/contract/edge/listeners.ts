import { describe, expect, test } from 'vitest'
import { basic } from '../../kit/audio/source.ts'
import { chiSquareP } from '../../kit/base/chi-square.ts'
import type { EdgeClient } from '../../kit/cluster/edge-client.ts'
import { mountReport, reportOf } from '../../kit/parts/reports.ts'
import { secrets } from '../../kit/process/runtimes.ts'
import { countHeads } from '../../kit/wire/head-requests.ts'
import { masterSender } from './settings.ts'

const mountHeaders = {
  'cache-control': 'no-store, no-cache, private, max-age=0',
  pragma: 'no-cache',
  expires: '0',
  'access-control-allow-origin': '*',
  'access-control-expose-headers': '*',
  'referrer-policy': 'no-referrer',
}

const headersOf = (response: Response) => Object.fromEntries(response.headers)
const locationOf = (response: Response) => response.headers.get('location')

/** The answers to listeners, and to servers that relay (docs/protocol.md#requests-to-an-edge). */
export function listenerContract(client: () => EdgeClient, heads: number): void {
  const carry = async (mount: string, id: string, over: Parameters<typeof reportOf>[1] = {}) => {
    const report = reportOf(id, { mounts: [mountReport(mount)], ...over })
    const answer = await client().report(report, over?.role === 'master' ? masterSender : undefined)
    expect(answer.status, await answer.text()).toBe(200)
  }

  describe('a listener', () => {
    test('S4: is redirected by 302 with Location and exactly the headers that keep it out of caches', async () => {
      await carry('/redirect.mp3', 'redirect')
      for (const method of ['GET', 'HEAD']) {
        const response = await client().ask('/redirect.mp3?token=a%20b&y=1', { method })
        expect(response.status).toBe(302)
        expect(headersOf(response)).toMatchObject({ ...mountHeaders, 'content-length': '0' })
        expect(locationOf(response)).toBe('http://redirect.example.org:8000/redirect.mp3?token=a%20b&y=1')
        expect(await response.text()).toBe('')
      }
    })

    test('finds a mount by its name, however it is percent-encoded', async () => {
      await carry('/caf%C3%A9.ogg', 'encoded')
      expect(locationOf(await client().ask('/c%61f%c3%a9.ogg'))).toBe(
        'http://encoded.example.org:8000/caf%C3%A9.ogg',
      )
    })

    test('gets 404 for a mount that no server reported', async () => {
      for (const path of ['/nobody.mp3', '/a//b', '/%2e%2e%2fetc', '/a%00b', '/%ff', '/metrics.mp3/'])
        for (const method of ['GET', 'HEAD']) {
          const response = await client().ask(path, { method })
          expect(response.status, path).toBe(404)
          expect(headersOf(response)).toMatchObject(mountHeaders)
        }
    })

    test('gets 503 with Retry-After when every server is full', async () => {
      await carry('/full.mp3', 'full', { maxListeners: 10, listeners: 10 })
      const waits = new Set<number>()
      for (let i = 0; i < 40; i++) {
        const response = await client().ask('/full.mp3')
        expect(response.status).toBe(503)
        expect(headersOf(response)).toMatchObject(mountHeaders)
        waits.add(Number(response.headers.get('retry-after')))
      }
      expect(Math.min(...waits)).toBeGreaterThanOrEqual(5)
      expect(Math.max(...waits)).toBeLessThanOrEqual(15)
      expect(waits.size, 'it is jittered').toBeGreaterThan(3)
    })

    test.each(['POST', 'PUT', 'DELETE', 'PATCH'])('gets 405 with Allow for %s', async (method) => {
      const response = await client().ask('/redirect.mp3', { method })
      expect(response.status).toBe(405)
      expect(response.headers.get('allow')).toBe('GET, HEAD, OPTIONS')
      expect(headersOf(response)).toMatchObject(mountHeaders)
      expect(await response.text()).toContain('sources connect to the master')
    })

    test.each(['/redirect.mp3', '/nobody.mp3', '/', '/api/servers', '/admin/sourcelist.txt'])(
      'may send OPTIONS %s from any page',
      async (path) => {
        const response = await client().ask(path, { method: 'OPTIONS' })
        expect(response.status).toBe(204)
        expect(headersOf(response)).toMatchObject({
          'access-control-allow-origin': '*',
          'access-control-allow-methods': 'GET, HEAD, OPTIONS',
          'access-control-allow-headers': 'Icy-MetaData, Range',
          'access-control-max-age': '86400',
        })
      },
    )

    test(`S2, S3: ${heads} HEADs divide over 900, 300 and 100 free slots in that proportion`, async () => {
      const slots = [900, 300, 100]
      for (const free of slots)
        await carry('/shares.mp3', `share-${free}`, {
          maxListeners: 1000,
          listeners: 1000 - free,
          interval: 300,
        })
      const counts = await countHeads(`${client().url}/shares.mp3`, heads)
      const drawn = slots.map((free) => counts.get(`http://share-${free}.example.org:8000/shares.mp3`) ?? 0)
      expect(drawn.reduce((sum, each) => sum + each)).toBe(heads)
      expect(chiSquareP(drawn, slots), drawn.join(' : ')).toBeGreaterThan(1e-6)
    })

    test('S9: is debited by a GET, not by a HEAD or the two bytes of a probe', async () => {
      await carry('/debit.mp3', 'debited')
      await client().ask('/debit.mp3', { method: 'HEAD' })
      await client().ask('/debit.mp3', { headers: { Range: 'bytes=0-1' } })
      expect(await client().server('debited')).toMatchObject({ free: 100 })
      await client().ask('/debit.mp3')
      await client().ask('/debit.mp3', { headers: { Range: 'bytes=0-' } })
      expect(await client().server('debited')).toMatchObject({ free: 98 })
      await carry('/debit.mp3', 'debited', { listeners: 2 })
      expect(await client().server('debited'), 'a report replaces the debit').toMatchObject({ free: 98 })
    })

    test('that was sent back does not go to the same server in that draw, and its query marks the send-back as spent', async () => {
      await carry('/back.mp3', 'back-a', { maxListeners: 10_000 })
      await carry('/back.mp3', 'back-b', { maxListeners: 1 })
      for (let i = 0; i < 20; i++)
        expect(locationOf(await client().ask('/back.mp3?x=back-a&t=1', { method: 'HEAD' }))).toBe(
          'http://back-b.example.org:8000/back.mp3?x=-&t=1',
        )
      expect((await client().ask('/back.mp3?x=unknown', { method: 'HEAD' })).status).toBe(302)
    })

    test('S11: that relays goes to a master, never to a slave; 404 if there is none', async () => {
      await carry('/relayed.mp3', 'a-slave', { maxListeners: 100_000 })
      const agents: Record<string, string>[] = [
        { 'User-Agent': 'Icecast 2.4.4' },
        { 'User-Agent': 'icecast-compatible distributary/0.1.0' },
        { Authorization: basic('relay', secrets.relay) },
      ]
      for (const headers of agents) expect((await client().ask('/relayed.mp3', { headers })).status).toBe(404)
      await carry('/relayed.mp3', 'z-master', { role: 'master', maxListeners: 0 })
      for (const headers of agents)
        expect(locationOf(await client().ask('/relayed.mp3', { headers }))).toBe(
          'http://z-master.example.org:8000/relayed.mp3',
        )
      expect(locationOf(await client().ask('/relayed.mp3', { headers: { 'User-Agent': 'VLC' } }))).toContain(
        'a-slave',
      )
    })
  })
}
