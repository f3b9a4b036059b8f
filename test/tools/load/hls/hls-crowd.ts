import { type Program, start } from '../../../kit/process/process.ts'
import { addedCounts, type HlsCrowdPlan, type HlsHeard } from './sessions.ts'

/** sessions per process: with as many, it takes less than half a processor */
const sessionsPerProcess = 5000

const nothing: HlsHeard = {
  playing: 0,
  pathways: {},
  received: 0,
  requests: 0,
  segments: 0,
  failures: 0,
  causes: {},
  lateMs: 0,
  moves: 0,
  missed: 0,
  bufferMs: { least: 0, middle: 0 },
  silent: 0,
  silentMs: 0,
}

/** Sessions of HLS in processes of their own, and what they have heard. */
export class HlsCrowd {
  readonly programs: readonly Program[]

  /** @param run how to start a program, such as on one processor */
  constructor(
    plan: HlsCrowdPlan,
    run = (command: string, args: string[]): [string, string[]] => [command, args],
  ) {
    const processes = Math.ceil(plan.count / sessionsPerProcess)
    const part = { ...plan, count: Math.ceil(plan.count / processes), perSecond: plan.perSecond / processes }
    this.programs = Array.from({ length: processes }, () =>
      start(...run('node', ['test/tools/load/hls/sessions.ts', JSON.stringify(part)])),
    )
  }

  /** The newest line of each process, added up. @throws if one has ended */
  look(): HlsHeard {
    return this.programs.map(lastLine).reduce(added, nothing)
  }

  async stop(): Promise<void> {
    await Promise.all(this.programs.map((program) => program.stop()))
  }
}

function lastLine(program: Program): HlsHeard {
  const output = program.output()
  const end = output.lastIndexOf('\n')
  if (end < 0) return nothing
  try {
    return JSON.parse(output.slice(output.lastIndexOf('\n', end - 1) + 1, end))
  } catch {
    throw new Error(`sessions ended:\n${output.slice(-2000)}`)
  }
}

function added(a: HlsHeard, b: HlsHeard): HlsHeard {
  return {
    playing: a.playing + b.playing,
    pathways: addedCounts(a.pathways, b.pathways),
    received: a.received + b.received,
    requests: a.requests + b.requests,
    segments: a.segments + b.segments,
    failures: a.failures + b.failures,
    causes: addedCounts(a.causes, b.causes),
    lateMs: Math.max(a.lateMs, b.lateMs),
    moves: a.moves + b.moves,
    missed: a.missed + b.missed,
    bufferMs:
      a === nothing
        ? b.bufferMs
        : {
            least: Math.min(a.bufferMs.least, b.bufferMs.least),
            middle: (a.bufferMs.middle + b.bufferMs.middle) / 2,
          },
    silent: a.silent + b.silent,
    silentMs: Math.max(a.silentMs, b.silentMs),
  }
}
