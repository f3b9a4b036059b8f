import { markdown } from '../table.ts'
import {
  lookSeconds,
  playSteered,
  type SteeredOutcome,
  type SteeredScenario,
  steeredScenarios,
} from './scenarios.ts'

/** A scenario, played with steering and without. */
interface Played {
  scenario: SteeredScenario
  steered: SteeredOutcome
  alone: SteeredOutcome
}

const timeOf = (seconds: number) => (seconds < 60 ? `${seconds} s` : `${seconds / 60} min`)

/** The table of docs/hls.md. */
export function printSteered(played: readonly Played[]): string {
  const rows = played.flatMap(({ scenario, steered, alone }) => [
    rowOf(scenario.name, 'yes', steered),
    rowOf('', 'no', alone),
  ])
  const head = ['', 'steered', ...lookSeconds.map(timeOf), 'moved %', 'refused', 'near %']
  return `${markdown([head, ...rows])}\n`
}

/** Plays all scenarios, and prints them. */
export const steeredTable = (seed: number): string =>
  printSteered(
    steeredScenarios.map((scenario) => ({
      scenario,
      steered: playSteered(scenario, true, seed),
      alone: playSteered(scenario, false, seed),
    })),
  )

function rowOf(name: string, isSteered: string, outcome: SteeredOutcome): string[] {
  const { spread, left, movedPercent, refused, homePercent } = outcome
  const hasToLeave = left.some((count) => count > 0)
  const cells = spread.map(({ least, most }, i) => {
    const there = hasToLeave ? `; ${left[i]} there` : ''
    return `${least.toFixed(0)}–${most.toFixed(0)}${there}`
  })
  const totals = [movedPercent.toFixed(0), refused.toFixed(0), homePercent?.toFixed(0) ?? '']
  return [name, isSteered, ...cells, ...totals]
}
