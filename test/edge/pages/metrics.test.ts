import { expect, test } from 'vitest'
import { printBasic } from '../../../shared/http/credentials.ts'
import { printMetrics } from '../../../shared/http/metrics.ts'
import { edgeOf } from '../../kit/parts/edge-app.ts'
import { reportOf } from '../../kit/parts/reports.ts'

const admin = { Authorization: printBasic({ user: 'admin', password: 'admin-secret' }) }

/** A line of the text format: a comment of the two known kinds, or a sample. */
const line = /^(# (HELP|TYPE) [a-z_]+ .+|[a-z_]+(\{([a-z_]+="([^"\\\n]|\\[\\"n])*",?)+\})? -?[0-9.e+-]+)$/

test('metrics: a scrape has servers, mounts, and the answers to listeners', async () => {
  const { ask } = edgeOf(reportOf('a', { listeners: 40 }), reportOf('b', { listeners: 100, role: 'master' }))
  await ask('/live.mp3')
  await ask('/live.mp3')
  await ask('/live.mp3', { 'User-Agent': 'Icecast 2.4.4' })
  await ask('/none')
  await ask('/live.mp3.m3u')
  const reply = await ask('/metrics', admin)
  expect(reply.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8')
  const text = await reply.text()
  for (const each of text.trimEnd().split('\n')) expect(each).toMatch(line)
  for (const sample of [
    'distributary_server_listeners{id="a",role="slave"} 40',
    'distributary_server_free_slots{id="a",role="slave"} 60',
    'distributary_server_in{id="b",role="master"} 0',
    'distributary_server_out{id="b",role="master",reason="full"} 1',
    'distributary_mount_listeners{mount="/live.mp3"} 0',
    'distributary_answers_total{answer="redirect"} 2',
    'distributary_answers_total{answer="relay"} 1',
    'distributary_answers_total{answer="unknown_mount"} 1',
    'distributary_answers_total{answer="playlist"} 1',
    'distributary_joins_total{id="a"} 0',
    'distributary_send_backs_total{id="b"} 0',
  ])
    expect(text.split('\n')).toContain(sample)
})

test('metrics: are only for the admin', async () => {
  expect((await edgeOf().ask('/metrics')).status).toBe(401)
})

test('metrics: any label value stays on one line', () => {
  const text = printMetrics([
    { name: 'm', help: 'h', type: 'gauge', samples: [{ labels: { mount: '/a"b\\c\nd' }, value: 1 }] },
    { name: 'none', help: 'h', type: 'gauge', samples: [] },
  ])
  expect(text).toBe('# HELP m h\n# TYPE m gauge\nm{mount="/a\\"b\\\\c\\nd"} 1\n')
})
