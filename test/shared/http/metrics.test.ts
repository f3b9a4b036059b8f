import { expect, test } from 'vitest'
import { metricSteps, printMetrics } from '../../../shared/http/metrics.ts'

test('a family of numbers has one head, its labels are escaped, and one without samples is left out', () => {
  const samples = [{ labels: { id: 'a"\\\nb', role: 'slave' }, value: 1.5 }, { value: 2 }]
  const metrics = [
    { name: 'listeners', help: 'so many', type: 'gauge' as const, samples },
    { name: 'nothing', help: 'none', type: 'counter' as const, samples: [] },
  ]
  expect(printMetrics(metrics)).toBe(
    '# HELP listeners so many\n# TYPE listeners gauge\nlisteners{id="a\\"\\\\\\nb",role="slave"} 1.5\nlisteners 2\n',
  )
  expect([...metricSteps(metrics)]).toHaveLength(2)
})
