import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { repo } from '../kit/process/process.ts'
import {
  lookSeconds,
  playSteered,
  type SteeredOutcome,
  steeredScenarios,
} from '../tools/simulate/steered/scenarios.ts'
import { printSteered } from '../tools/simulate/steered/table.ts'

const played = steeredScenarios.map((scenario) => ({
  scenario,
  steered: playSteered(scenario, true, 1),
  alone: playSteered(scenario, false, 1),
}))
const [gain, loss, drain] = played
const at = ({ spread }: SteeredOutcome, seconds: number) => {
  const { least = 0, most = 0 } = spread[lookSeconds.indexOf(seconds)] ?? {}
  return most - least
}

describe('simulated sessions of HLS', () => {
  test('docs/hls.md has the table that the program prints', () => {
    const how = '`npm run simulate -- --scenario steered` prints the table for docs/hls.md'
    expect(readFileSync(join(repo, 'docs/hls.md'), 'utf8'), how).toContain(printSteered(played))
  })

  test('leave a drained server within a TTL and two target durations; without steering they stay', () => {
    // the first look after 12 + 2 × 4 s
    const late = lookSeconds.findIndex((seconds) => seconds >= 20)
    expect(drain?.steered.left[0]).toBeGreaterThan(100)
    expect(drain?.steered.left[late]).toBe(0)
    expect(drain?.alone.left[late]).toBeGreaterThan(100)
  })

  test('are evened out over a new server: it has nine tenths of its share after a minute, and all are within 10 points', () => {
    if (!gain) throw new Error('no scenario')
    const all = [gain.steered, ...[2, 3, 4].map((seed) => playSteered(gain.scenario, true, seed))]
    const mean = (of: (outcome: SteeredOutcome) => number) =>
      all.reduce((sum, each) => sum + of(each), 0) / all.length
    // six servers then share the listeners of five that were 60 % full
    expect(mean(({ spread }) => spread[lookSeconds.indexOf(60)]?.least ?? 0)).toBeGreaterThan(0.9 * 50)
    expect(mean((outcome) => at(outcome, 60))).toBeLessThanOrEqual(10)
    expect(mean((outcome) => at(outcome, 120))).toBeLessThanOrEqual(10)
    expect(at(gain.alone, 120)).toBeGreaterThan(40)
    // a sixth of them has to move, and no more do
    expect(gain.steered.movedPercent).toBeGreaterThan(10)
    expect(gain.steered.movedPercent).toBeLessThan(100 / 6)
  })

  test('of a third of the servers that die all find room, and nobody else moves', () => {
    expect(loss?.steered.refused).toBe(0)
    expect(loss?.steered.movedPercent).toBeLessThan(37)
  })

  test('are never moved where they do not fit', () => {
    for (const { steered } of played) {
      expect(steered.refused).toBe(0)
      for (const { most } of steered.spread) expect(most).toBeLessThanOrEqual(100)
    }
  })
})
