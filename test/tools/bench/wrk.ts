import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { start } from '../../kit/process/process.ts'
import { pinned, usageOf } from './processes.ts'

/** A program under load: its address, and the process group whose time is measured. */
export interface Target {
  url: string
  group: number
}

/** One round of load on one program. */
export interface Round {
  /** answers a second, by the wall clock */
  perSecond: number
  /** µs of processor time of the program for each answer */
  cpuMicros: number
  /** ms from request to answer, the 99th percentile */
  p99Ms: number
  residentBytes: number
}

export interface Load {
  /** concurrent requests */
  connections: number
  seconds: number
  /** Lua for the requests of wrk, by its `wrk` table and `request` function */
  script: string
}

/** the processor that the load runs on; programs under load have 0 */
const loadCpu = 1

/** Puts load on a program for some seconds. Throws if an answer was neither 2xx nor 3xx, or a connection broke. */
export async function load(target: Target, { connections, seconds, script }: Load): Promise<Round> {
  const folder = mkdtempSync(join(tmpdir(), 'wrk-'))
  const file = join(folder, 'load.lua')
  writeFileSync(file, script)
  const before = usageOf(target.group).cpuSeconds
  const flags = ['-t', '1', '-c', String(connections), '-d', `${seconds}s`, '--latency', '-s', file]
  const wrk = start(...pinned(loadCpu, 'wrk', [...flags, target.url]))
  await wrk.exited
  const { cpuSeconds, residentBytes } = usageOf(target.group)
  rmSync(folder, { recursive: true })
  const output = wrk.output()
  const refused = /Non-2xx or 3xx responses: \d+|Socket errors: .*/.exec(output)
  if (refused) throw new Error(`${target.url} under load: ${refused[0]}`)
  const answers = numberIn(output, /(\d+) requests in/)
  return {
    perSecond: numberIn(output, /Requests\/sec: +([\d.]+)/),
    cpuMicros: ((cpuSeconds - before) * 1e6) / answers,
    p99Ms: millisecondsIn(output),
    residentBytes,
  }
}

function numberIn(output: string, pattern: RegExp): number {
  const text = pattern.exec(output)?.[1]
  if (text === undefined) throw new Error(`wrk printed no ${pattern}:\n${output}`)
  return Number(text)
}

function millisecondsIn(output: string): number {
  const [, value, unit] = / 99% +([\d.]+)(us|ms|s)/.exec(output) ?? []
  return Number(value) * (unit === 'us' ? 0.001 : unit === 's' ? 1000 : 1)
}
