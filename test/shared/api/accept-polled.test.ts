import { expect, test } from 'vitest'
import { acceptPolled, reportsItself } from '../../../shared/api/accept-polled.ts'
import { Registry } from '../../../shared/cluster/registry.ts'
import { limits } from '../../../shared/limits.ts'
import { printSourcelist } from '../../../shared/report/sourcelist.ts'
import { reportOf } from '../../kit/parts/reports.ts'

/** A decider to which `own` reports by itself. */
function decider() {
  const registry = new Registry(undefined, 100, 0)
  registry.put(reportOf('own'), printSourcelist(reportOf('own')), 0)
  const add = (id: string, nowMs = 0, maxListeners = 5) =>
    acceptPolled(registry, JSON.stringify({ id, url: `http://${id}.example`, maxListeners }), nowMs)
  return { registry, add }
}

test('a server to poll is new or changed, and known from then on', () => {
  const { registry, add } = decider()
  expect(add('old')).toEqual({ status: 201, id: 'old' })
  expect(add('old', 0, 7)).toEqual({ status: 200, id: 'old' })
  expect(registry.view.servers.get('old')).toMatchObject({
    polled: true,
    report: { maxListeners: 7, mounts: [] },
  })
})

test('what is no server is answered 400 with what is wrong', () => {
  const { registry } = decider()
  const url = 'http://a.example'
  const bad = [{}, { url }, { url, maxListeners: -1 }, { url, maxListeners: 5, interval: 0 }]
  for (const body of ['{', '[]', ...bad.map((each) => JSON.stringify(each))])
    expect(acceptPolled(registry, body, 0)).toEqual({
      status: 400,
      text: expect.stringMatching(/expected .*\n$/),
    })
  expect(registry.polled.servers.size + registry.view.servers.size).toBe(1)
})

test('a server that reports by itself is not polled, until it is stale', () => {
  const { registry, add } = decider()
  expect(add('own')).toEqual({
    status: 409,
    text: 'id "own" is held by a live server that reports by itself, expected another id\n',
  })
  expect(registry.polled.servers.size).toBe(0)
  expect(reportsItself(registry, 'none', 0)).toBe(false)
  expect(add('own', 60_000)).toEqual({ status: 201, id: 'own' })
  expect(reportsItself(registry, 'own', 60_000)).toBe(false)
})

test(`${limits.polledMax} servers are polled, and of these each can be changed`, () => {
  const { add } = decider()
  for (let i = 0; i < limits.polledMax; i++) expect(add(`s${i}`).status).toBe(201)
  expect(add('more')).toEqual({ status: 409, text: '500 servers are polled, expected at most 500\n' })
  expect(add('s7').status).toBe(200)
})
