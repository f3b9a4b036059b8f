import { type Work, workOf } from '../../kit/base/work.ts'
import type { Target } from './target.ts'

/** bytes, at most, of the input that is read once and twice as long */
const longBytes = 8192
/** steps and moved bytes for each byte that are linear, however few an input half as long takes: it may be rejected early */
const freePerByte = 4

/** Throws if an input twice as long takes far more than twice the work: steps and bytes moved, never time. */
export async function checkLinear(target: Target, input: Uint8Array): Promise<void> {
  if (input.length === 0) return
  const read = target.read
  if (!read) return
  const work = (bytes: Uint8Array): Promise<Work> => workOf(target.files, () => read(bytes))
  const times = Math.max(1, Math.floor(longBytes / input.length))
  const repeated = (times: number) => Uint8Array.from(Buffer.concat(Array(times).fill(input)))
  const [once, twice] = [await work(repeated(times)), await work(repeated(2 * times))]
  for (const what of ['steps', 'bytes'] as const)
    if (twice[what] > 3 * once[what] + freePerByte * 2 * longBytes)
      throw new Error(
        `not linear: the input ${times} times takes ${once[what]} ${what}, twice as often ${twice[what]}`,
      )
}
