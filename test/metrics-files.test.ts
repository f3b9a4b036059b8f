import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { edgeMetrics } from '../edge/pages/metrics.ts'
import { View } from '../shared/draw/view.ts'
import { newAnswers } from '../shared/history/counts.ts'
import { originInMemory } from './kit/parts/origin-app.ts'
import { mountReport, serverOf } from './kit/parts/reports.ts'
import { peer } from './kit/peers/peers.ts'
import { testFolder } from './kit/process/files.ts'
import { repo } from './kit/process/process.ts'

const folder = join(repo, 'docs/prometheus')

/** The metrics of an edge in which every family has a sample. */
function edgeText(): string {
  const view = new View(100)
  view.put(serverOf('m', { role: 'master', bandwidth: 1000 }))
  view.put(serverOf('a', { mounts: [mountReport('/other.mp3')], listeners: 7 }, { drained: true }))
  view.put(serverOf('none', { mounts: [] }))
  const counted = { a: 1 }
  const totals = { answers: newAnswers(), sendBacks: counted, joins: counted, reports: { 200: 1 } }
  return edgeMetrics(view, totals, 0)
}

async function originText(): Promise<string> {
  const { open, ask } = originInMemory()
  open('/live.mp3')
  return (await ask('/metrics', 'admin:a')).text()
}

const namesIn = (text: string) => new Set([...text.matchAll(/\bdistributary_\w+/g)].map(([name]) => name))

describe.each([
  ['an edge', async () => edgeText()],
  ['an origin', originText],
] as const)('the metrics of %s', (_, print) => {
  peer('promtool')('are clean for promtool check metrics', async () => {
    const told = execFileSync('promtool', ['check', 'metrics'], { input: await print(), encoding: 'utf8' })
    expect(told).toBe('')
  })

  test('have no label value with a blank', async () => {
    const values = [...(await print()).matchAll(/="([^"]*)"/g)].map(([, value]) => value)
    expect(values.length).toBeGreaterThan(3)
    expect(values.filter((value) => /\s/.test(value ?? ''))).toEqual([])
  })
})

peer('promtool')('the alert rules and the scrape configuration are valid for promtool', async () => {
  const run = (...args: string[]) =>
    execFileSync('promtool', ['check', ...args], { cwd: folder, encoding: 'utf8' })
  expect(run('rules', 'alerts.yml')).toContain('SUCCESS')
  expect(run('config', '--syntax-only', 'prometheus.yml')).toContain('SUCCESS')
})

test.each(['alerts.yml', 'grafana.json'])('each metric in docs/prometheus/%s exists', async (file) => {
  const known = namesIn(edgeText() + (await originText()))
  const named = namesIn(readFileSync(join(folder, file), 'utf8'))
  expect(named.size).toBeGreaterThan(5)
  // this one exists only at an origin that has a decider
  const missing = [...named].filter((name) => !known.has(name) && name !== 'distributary_origin_report_taken')
  expect(missing).toEqual([])
})

peer('promtool')('each query of the dashboard parses', async () => {
  const dashboard = readFileSync(join(folder, 'grafana.json'), 'utf8')
  const { panels } = JSON.parse(dashboard) as { panels: { title: string; targets: { expr: string }[] }[] }
  const rules = panels.flatMap(({ targets }) => targets).map(({ expr }) => ({ record: 'job:x:y', expr }))
  const group = { groups: rules.map((rule, i) => ({ name: `g${i}`, rules: [rule] })) }
  const file = join(testFolder(), 'rules.json')
  writeFileSync(file, JSON.stringify(group))
  const told = execFileSync('promtool', ['check', 'rules', '--lint=none', file], { encoding: 'utf8' })
  expect(told).toContain(`SUCCESS: ${rules.length} rules found`)
})
