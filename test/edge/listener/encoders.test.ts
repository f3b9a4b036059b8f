import { describe, expect, test } from 'vitest'
import { EncoderWatch } from '../../../edge/listener/encoders.ts'
import { basic } from '../../kit/audio/source.ts'
import { told } from '../../kit/base/log-records.ts'
import { edgeOf } from '../../kit/parts/edge-app.ts'
import { mountReport, reportOf } from '../../kit/parts/reports.ts'

const headers = { Authorization: basic('source', 'any'), 'User-Agent': 'BUTT 1.0' }

describe('an encoder that connects to the edge', () => {
  test.for([
    ['PUT', '/live.mp3', 405],
    ['PUT', '/', 405],
    ['PUT', '/status-json.xsl', 405],
    ['PUT', '/admin/metadata', 404],
    ['PUT', '/hls/x', 405],
    ['POST', '/live.mp3', 405],
    ['GET', '/admin/metadata', 404],
  ] as const)('%s %s: the log says that sources connect to the master', async ([method, path, status]) => {
    const { ask } = edgeOf(reportOf('a'))
    const records = await told(async () => {
      const answer = await ask(path, headers, method)
      expect(answer.status).toBe(status)
      if (status === 405)
        expect(await answer.text()).toContain('sources connect to the master, not to the edge')
    })
    expect(records).toEqual([
      {
        message: 'encoder rejected: sources connect to the master, not to the edge',
        method,
        path,
        address: '192.0.2.1',
        user: 'source',
        agent: 'BUTT 1.0',
        leftOut: 0,
      },
    ])
  })

  test('is not a listener, a report, or a call of the API', async () => {
    const { ask } = edgeOf(reportOf('a'))
    const records = await told(async () => {
      await ask('/live.mp3')
      await ask('/admin/sourcelist.txt', { Authorization: basic('relay', 'relay-secret') }, 'POST')
      await ask('/api/servers/a/drain', { Authorization: basic('admin', 'admin-secret') }, 'POST')
    })
    expect(records.filter(({ message }) => message.startsWith('encoder'))).toEqual([])
  })

  test('that tries again and again gets a few lines, then one that says how many were left out', async () => {
    let nowMs = 0
    const watch = new EncoderWatch(() => nowMs)
    const request = new Request('http://edge.example/live.mp3', { method: 'PUT', headers })
    const records = await told(() => {
      for (let i = 0; i < 1000; i++) watch.saw(request, '/live.mp3', '192.0.2.1')
      nowMs = 3_600_000
      watch.saw(request, '/live.mp3', '192.0.2.1')
    })
    expect(records.length).toBeLessThan(30)
    expect(records.at(-1)).toMatchObject({ leftOut: 1001 - records.length })
  })
})

describe('a mount that is not carried', () => {
  const master = (...mounts: string[]) =>
    reportOf('m', {
      role: 'master',
      mounts: mounts.map((mount) =>
        mountReport(mount, mount.startsWith('/secret') ? { about: { hidden: true } } : {}),
      ),
    })

  test('the 404 names those that are, public ones alone', async () => {
    const answer = await edgeOf(master('/b.mp3', '/secret.mp3', '/a%20%C3%BC.mp3')).ask('/c.mp3')
    expect(answer.status).toBe(404)
    expect(await answer.text()).toBe('no server carries this mount\nmounts here: /a%20%C3%BC.mp3 /b.mp3\n')
  })

  test('at most ten, of however many', async () => {
    const many = Array.from({ length: 50 }, (_, i) => `/m${i}.mp3`)
    const text = await (await edgeOf(master(...many)).ask('/c.mp3')).text()
    expect(text.match(/\/m\d+\.mp3/g)).toHaveLength(10)
  })

  test('names none where none is public', async () => {
    expect(await (await edgeOf(master('/secret.mp3')).ask('/c.mp3')).text()).toBe(
      'no server carries this mount\n',
    )
  })
})
