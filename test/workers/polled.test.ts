import { evictDurableObject, reset, runDurableObjectAlarm } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { afterEach, expect, test, vi } from 'vitest'
import type { ServerJson } from '../../shared/api/json.ts'
import { mountReport, reportOf } from '../kit/parts/reports.ts'
import { asAdmin, ask, report } from './asked-worker.ts'

const object = () => env.CLUSTER.getByName('cluster')

afterEach(async () => {
  vi.restoreAllMocks()
  await reset()
})

/** Makes the network answer with the stats of a server whose one mount has this many listeners; returns the requests. */
function answerStats(listeners: number): string[] {
  const asked: string[] = []
  const source = { listenurl: 'http://localhost:8000/live.mp3', listeners, server_type: 'audio/mpeg' }
  vi.spyOn(globalThis, 'fetch').mockImplementation(async (input) => {
    asked.push(String(input))
    return Response.json({ icestats: { source } })
  })
  return asked
}

async function nameServer(): Promise<void> {
  const answer = await ask('/api/servers', {
    method: 'POST',
    headers: { ...asAdmin, 'Content-Type': 'application/json' },
    body: JSON.stringify({ id: 'old', url: 'http://old.example.org:8000', maxListeners: 100 }),
  })
  expect(answer.status, await answer.text()).toBe(201)
}

const reportMaster = () =>
  report(reportOf('m', { role: 'master', maxListeners: 0, mounts: [mountReport('/live.mp3')] }))

async function old(): Promise<ServerJson | undefined> {
  const answer = await ask('/api/servers', { headers: asAdmin })
  return ((await answer.json()) as ServerJson[]).find(({ id }) => id === 'old')
}

test('the alarm of the object polls a server, and listeners are sent to it', async () => {
  const asked = answerStats(5)
  await reportMaster()
  await nameServer()
  await runDurableObjectAlarm(object()) // false if it went off by itself meanwhile: it was due at once
  await vi.waitFor(async () => expect(await old()).toMatchObject({ listeners: 5, polled: true, out: null }))
  expect(asked[0]).toBe('http://old.example.org:8000/status-json.xsl')
  const answer = await ask('/live.mp3')
  expect(answer.headers.get('location')).toBe('http://old.example.org:8000/live.mp3')
})

test('an evicted object goes on polling: its alarm is set, its servers are kept', async () => {
  answerStats(5)
  await reportMaster()
  await nameServer()
  await vi.waitFor(async () => expect(await old()).toMatchObject({ listeners: 5 }))
  await evictDurableObject(object())
  answerStats(6)
  expect(await runDurableObjectAlarm(object())).toBe(true)
  await vi.waitFor(async () => expect(await old()).toMatchObject({ listeners: 6, out: null }))
})
