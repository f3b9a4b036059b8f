import { Agent, request } from 'node:http'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { printBasic } from '../../shared/http/credentials.ts'
import { printSourcelist } from '../../shared/report/sourcelist.ts'
import { mountReport, reportOf } from '../kit/reports.ts'
import { type Server, secrets, startEdge } from '../kit/runtimes.ts'

const slaves = 200
const mounts = Array.from({ length: 100 }, (_, i) => `/crowd-${i}.mp3`)
const intervalMs = 5000
const rounds = 3

let edge: Server
const agent = new Agent({ keepAlive: true, maxSockets: 8 })
beforeAll(async () => {
  edge = await startEdge('bun')
})
afterAll(async () => {
  agent.destroy()
  await edge?.stop()
})

/** Sends one request; resolves with its status and duration. */
const timed = (path: string, method: string, headers: Record<string, string> = {}, body?: string) =>
  new Promise<{ status: number; ms: number }>((resolve, reject) => {
    const sentMs = performance.now()
    request(edge.url + path, { method, agent, headers }, (response) => {
      response
        .resume()
        .on('end', () => resolve({ status: response.statusCode ?? 0, ms: performance.now() - sentMs }))
    })
      .on('error', reject)
      .end(body)
  })

const percentile = (times: number[], p: number) =>
  (times.sort((a, b) => a - b)[Math.floor(times.length * p)] ?? 0).toFixed(2)

test(`S5: with ${mounts.length} mounts on each of ${slaves} slaves that report every 5 s, listeners are answered all the time`, async () => {
  const headers = {
    Authorization: printBasic({ user: 'relay', password: secrets.relay }),
    'Content-Type': 'text/plain',
  }
  const lines = mounts.map((path) => mountReport(path))
  const reportTimes: number[] = []
  const report = async (slave: number, seq: number) => {
    const body = printSourcelist(
      reportOf(`crowd-${slave}`, { boot: 'b', seq, maxListeners: 1000 + slave, mounts: lines }),
    )
    const { status, ms } = await timed('/admin/sourcelist.txt', 'POST', headers, body)
    expect(status).toBe(200)
    reportTimes.push(ms)
  }
  for (let slave = 0; slave < slaves; slave++) await report(slave, 0)
  reportTimes.length = 0

  // each slave at its own moment of the interval, as in practice
  const begunMs = performance.now()
  const reporting = Array.from({ length: rounds * slaves }, async (_, i) => {
    const dueMs = (i * intervalMs) / slaves
    await new Promise((due) => setTimeout(due, Math.max(0, dueMs - (performance.now() - begunMs))))
    await report(i % slaves, 1 + Math.floor(i / slaves))
  })
  const decisions: number[] = []
  let ended = false
  const listeners = Array.from({ length: 4 }, async (_, lane) => {
    for (let i = lane; !ended; i++) {
      const { status, ms } = await timed(mounts[i % mounts.length] ?? '', 'GET')
      expect(status).toBe(302)
      decisions.push(ms)
    }
  })
  await Promise.all(reporting)
  ended = true
  await Promise.all(listeners)
  console.log(
    `${decisions.length} listeners redirected while ${reportTimes.length} reports of ${mounts.length} mounts came in: ` +
      `a redirect took p50 ${percentile(decisions, 0.5)} ms, p99 ${percentile(decisions, 0.99)} ms; ` +
      `a report p50 ${percentile(reportTimes, 0.5)} ms, p99 ${percentile(reportTimes, 0.99)} ms (as the client saw them)`,
  )
  expect(reportTimes).toHaveLength(rounds * slaves)
})
