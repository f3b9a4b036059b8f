import { execFileSync } from 'node:child_process'
import { cpus, release, totalmem } from 'node:os'
import { stockCommand } from '../../kit/peers/stock.ts'

/** A table as Markdown: a heading, what was measured and how, and the rows. */
export interface Table {
  title: string
  note: string
  columns: readonly string[]
  rows: readonly (readonly string[])[]
}

/** Prints a table; the first column holds names, the others numbers. */
export function printTable({ title, note, columns, rows }: Table): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  const rule = line(columns.map((_, i) => (i === 0 ? '---' : '---:')))
  return [`## ${title}`, '', note, '', line(columns), rule, ...rows.map(line), ''].join('\n')
}

/** The median of some numbers; the lower of the two for an even count. NaN if there are none. */
export const median = (numbers: readonly number[]): number =>
  numbers.toSorted((a, b) => a - b)[(numbers.length - 1) >> 1] ?? Number.NaN

/** A whole number with thousands separators. */
export const whole = (value: number): string => Math.round(value).toLocaleString('en')

/** A number with this many digits after the point; `n/a` if nothing was measured. */
export const fixed = (value: number, digits: number): string =>
  Number.isFinite(value) ? value.toFixed(digits) : 'n/a'

/** The conditions of the measurement: machine, versions, date. */
export function printMachine(nowMs: number): string {
  const [cpu] = cpus()
  const memory = (totalmem() / 2 ** 30).toFixed(0)
  return [
    `Measured ${new Date(nowMs).toISOString().slice(0, 10)} on ${cpus().length} × ${cpu?.model.trim()}, ${memory} GiB, Linux ${release()}.`,
    `${versions().join(', ')}.`,
    '',
  ].join('\n')
}

const versionCommands: readonly [string, string, RegExp][] = [
  ['Node', 'node --version', /v([\d.]+)/],
  ['Bun', 'bun --version', /([\d.]+)/],
  ['Deno', 'deno --version', /deno ([\d.]+)/],
  ['nginx', 'nginx -v', /nginx\/([\d.]+)/],
  ['haproxy', 'haproxy -v', /version ([\d.]+)/],
  ['Icecast', 'icecast2 -v', /Icecast ([\d.]+)/],
  ['Icecast', `"${stockCommand('Icecast 2.5.0')}" -v`, /Icecast ([\d.]+)/],
  ['wrk', 'wrk -v', /wrk \S*?([\d.]+)/],
]

const versions = () =>
  versionCommands.flatMap(([name, command, pattern]) => {
    const version = pattern.exec(outputOf(command))?.[1]
    return version === undefined ? [] : [`${name} ${version}`]
  })

/** The output of a command, whatever its exit code; empty if it is not installed. */
function outputOf(command: string): string {
  try {
    return execFileSync('sh', ['-c', `${command} 2>&1 || true`], { encoding: 'utf8' })
  } catch {
    return ''
  }
}
