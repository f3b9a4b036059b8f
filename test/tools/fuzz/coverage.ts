import { type Profiler, Session } from 'node:inspector'

/** Which blocks of code ran, as V8 counts them: bodies of functions, loops and branches. */
export interface Coverage {
  /** The blocks that ran since the last call. It takes some ms. */
  take(): readonly string[]
}

/** Counts blocks from now on. @param files part of the paths of the files that count */
export function countBlocks(files: string): Coverage {
  const session = new Session()
  session.connect()
  session.post('Profiler.enable')
  session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true })
  /** by function: where blocks begin, as far as is known */
  const known = new Map<string, Set<number>>()
  return {
    take() {
      let scripts: Profiler.ScriptCoverage[] = []
      // called before post returns
      session.post('Profiler.takePreciseCoverage', (_, taken) => {
        scripts = taken.result
      })
      return scripts
        .filter(({ url }) => url.includes(files))
        .flatMap(({ url, functions }) => functions.flatMap(({ ranges }) => blocksOf(url, ranges, known)))
    },
  }
}

/**
 * The blocks of a function that ran. V8 reports only ranges that ran otherwise than what is around them, outer before inner: a
 * block that ran as often as its function is not among them. So it is asked at each place where a range ever began.
 */
function blocksOf(
  url: string,
  ranges: readonly Profiler.CoverageRange[],
  known: Map<string, Set<number>>,
): string[] {
  const name = `${url}:${ranges[0]?.startOffset}`
  const starts = known.get(name) ?? new Set()
  known.set(name, starts)
  for (const { startOffset } of ranges) starts.add(startOffset)
  const hasRun = (at: number) =>
    (ranges.findLast((range) => range.startOffset <= at && at < range.endOffset)?.count ?? 0) > 0
  return [...starts].filter(hasRun).map((at) => `${name}:${at}`)
}
