import { Agent, request } from 'node:http'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { printBasic } from '../../../shared/http/credentials.ts'
import { printSourcelist } from '../../../shared/report/sourcelist.ts'
import { mountReport, reportOf } from '../../kit/parts/reports.ts'
import { type Server, secrets, startEdge } from '../../kit/process/runtimes.ts'

const slaves = 200
const mounts = Array.from({ length: 100 }, (_, i) => `/crowd-${i}.mp3`)
/** how often each slave reports while listeners come, without a pause */
const rounds = 2
/** reports accepted between a listener's request and its answer: the one in progress, the next, and what Node hands on at once */
const reportsMax = 5

let edge: Server
const agent = new Agent({ keepAlive: true, maxSockets: 8 })
beforeAll(async () => {
  edge = await startEdge('bun')
})
afterAll(async () => {
  agent.destroy()
  await edge?.stop()
})

/** Sends one request; resolves with its status once the whole answer is there. */
const statusOf = (path: string, method: string, headers: Record<string, string> = {}, body?: string) =>
  new Promise<number>((resolve, reject) => {
    request(edge.url + path, { method, agent, headers }, (response) => {
      response.resume().on('end', () => resolve(response.statusCode ?? 0))
    })
      .on('error', reject)
      .end(body)
  })

test(`S5: with ${mounts.length} mounts on each of ${slaves} slaves, a listener waits for a few reports at most, however many come in`, async () => {
  const headers = {
    Authorization: printBasic({ user: 'relay', password: secrets.relay }),
    'Content-Type': 'text/plain',
  }
  const lines = mounts.map((path) => mountReport(path))
  let accepted = 0
  const report = async (slave: number, seq: number) => {
    const body = printSourcelist(
      reportOf(`crowd-${slave}`, { boot: 'b', seq, maxListeners: 1000 + slave, mounts: lines }),
    )
    expect(await statusOf('/admin/sourcelist.txt', 'POST', headers, body)).toBe(200)
    accepted++
  }
  for (let slave = 0; slave < slaves; slave++) await report(slave, 0)

  const waits: number[] = []
  let ended = false
  const listeners = Array.from({ length: 4 }, async (_, lane) => {
    for (let i = lane; !ended; i++) {
      const before = accepted
      expect(await statusOf(mounts[i % mounts.length] ?? '', 'GET')).toBe(302)
      waits.push(accepted - before)
    }
  })
  for (let i = 0; i < rounds * slaves; i++) await report(i % slaves, 1 + Math.floor(i / slaves))
  ended = true
  await Promise.all(listeners)
  expect(accepted).toBe((rounds + 1) * slaves)
  expect(Math.max(...waits)).toBeLessThanOrEqual(reportsMax)
  // listeners come while reports do: had all waited for the reports to end, each lane would have one
  expect(waits.length).toBeGreaterThan(rounds * slaves)
})
