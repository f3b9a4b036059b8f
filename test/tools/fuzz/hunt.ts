import { seededRoll } from '../../kit/parts/reports.ts'
import type { Coverage } from './coverage.ts'
import { mutated } from './mutate.ts'
import { type Target, utf8Of } from './target.ts'

/** inputs after which it is asked which blocks ran: asking costs as much as a hundred inputs */
const batchInputs = 250

/** An input for which something does not hold. */
export interface Finding {
  input: Uint8Array
  error: unknown
}

export interface Hunt {
  target: Target
  /** the corpus; inputs that reach new blocks are added */
  inputs: Uint8Array[]
  seed: number
  /** undefined: mutations are not guided */
  coverage?: Coverage
  /** an input that is about to be checked */
  onInput?: (input: Uint8Array) => void
}

/** What fails for this input; undefined if all holds. */
export async function failureOf(target: Target, input: Uint8Array): Promise<Finding | undefined> {
  try {
    await target.check(input)
    return undefined
  } catch (error) {
    return { input, error }
  }
}

/** Checks the corpus, then mutations of it, until it is told to stop or something does not hold. */
export async function hunt(
  { target, inputs, seed, coverage, onInput }: Hunt,
  goesOn: (checked: number) => boolean,
): Promise<{ checked: number; finding?: Finding }> {
  const stock = { inputs, tokens: target.tokens.map(utf8Of), roll: seededRoll(seed) }
  const reached = new Set<string>()
  let checked = 0
  const check = (input: Uint8Array) => {
    checked++
    onInput?.(input)
    return failureOf(target, input)
  }
  let isCorpus = true
  let batch: readonly Uint8Array[] = [...inputs]
  do {
    for (const input of batch) {
      const finding = await check(input)
      if (finding) return { checked, finding }
      if (!isCorpus && !goesOn(checked)) return { checked }
    }
    if (coverage) {
      const found = news(coverage, reached)
      if (!isCorpus) inputs.push(...(await thoseReaching(check, coverage, batch, new Set(found))))
    }
    isCorpus = false
    batch = Array.from({ length: batchInputs }, () => mutated(stock))
  } while (goesOn(checked))
  return { checked }
}

/** Blocks that ran now for the first time. */
function news(coverage: Coverage, reached: Set<string>): readonly string[] {
  const found = coverage.take().filter((block) => !reached.has(block))
  for (const block of found) reached.add(block)
  return found
}

/** Some of the inputs that reach all of these blocks: halves are run again and again, down to one input. */
async function thoseReaching(
  check: (input: Uint8Array) => Promise<unknown>,
  coverage: Coverage,
  inputs: readonly Uint8Array[],
  blocks: Set<string>,
): Promise<readonly Uint8Array[]> {
  if (blocks.size === 0 || inputs.length === 0) return []
  coverage.take()
  for (const input of inputs) await check(input)
  const found = coverage.take().filter((block) => blocks.has(block))
  if (found.length === 0) return []
  if (inputs.length === 1) {
    for (const block of found) blocks.delete(block)
    return inputs
  }
  const half = inputs.length >> 1
  return [
    ...(await thoseReaching(check, coverage, inputs.slice(0, half), blocks)),
    ...(await thoseReaching(check, coverage, inputs.slice(half), blocks)),
  ]
}
