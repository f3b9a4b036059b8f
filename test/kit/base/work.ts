import { Session } from 'node:inspector/promises'

/** Work done by code under test, counted and not timed: it is the same on a busy machine. */
export interface Work {
  /** how often blocks of the files were run: bodies of functions, loops and branches */
  steps: number
  /** bytes that typed arrays were asked to move or to search, at most */
  bytes: number
}

type Method = 'set' | 'slice' | 'copyWithin' | 'indexOf' | 'fill'
const methods: readonly Method[] = ['set', 'slice', 'copyWithin', 'indexOf', 'fill']

/** counts blocks from the first task on: V8 forgets counters where counting is ended and begun again */
let counting: Promise<Session> | undefined

async function count(): Promise<Session> {
  const session = new Session()
  session.connect()
  await session.post('Profiler.enable')
  await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true })
  return session
}

/** Counts what a task costs in the files whose URL holds this part, and in the bytes that it moves. */
export async function workOf(files: string, task: () => void): Promise<Work> {
  counting ??= count()
  const session = await counting
  await session.post('Profiler.takePreciseCoverage') // begins from zero
  const moved = countMoves()
  try {
    task()
  } finally {
    moved.stop()
  }
  const { result } = await session.post('Profiler.takePreciseCoverage')
  const ranges = result
    .filter(({ url }) => url.includes(files))
    .flatMap(({ functions }) => functions.flatMap((each) => each.ranges))
  return { steps: ranges.reduce((sum, { count }) => sum + count, 0), bytes: moved.bytes() }
}

/** Typed arrays that count what passes through them, until they are told to stop. */
function countMoves() {
  const prototype = Object.getPrototypeOf(Uint8Array.prototype)
  const real = Object.fromEntries(methods.map((name) => [name, prototype[name]]))
  let bytes = 0
  for (const name of methods)
    prototype[name] = function (this: Uint8Array, ...args: [Uint8Array | number, number?, number?]) {
      const result = real[name].apply(this, args)
      bytes += costOf(name, this, args, result)
      return result
    }
  return {
    bytes: () => bytes,
    stop: () => {
      for (const name of methods) prototype[name] = real[name]
    },
  }
}

function costOf(
  name: Method,
  array: Uint8Array,
  [first, from = 0, to = array.length]: [Uint8Array | number, number?, number?],
  result: Uint8Array | number,
): number {
  if (name === 'set') return typeof first === 'number' ? 0 : first.length
  if (name === 'slice') return typeof result === 'number' ? 0 : result.length
  if (name === 'indexOf')
    return typeof result === 'number' && result >= 0 ? result - from + 1 : array.length - from
  return to - from
}
