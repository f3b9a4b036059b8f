import { parentPort, workerData } from 'node:worker_threads'
import { corpusOf } from './corpus.ts'
import { countBlocks } from './coverage.ts'
import { failureOf, hunt } from './hunt.ts'
import { checkLinear } from './linear.ts'
import { reduced } from './reduce.ts'
import { targetNamed } from './targets.ts'

/** What a worker is told: the target, and how long it hunts; or the one input to check. */
export interface Order {
  name: string
  seed: number
  /** ms of the processor, so that a busy machine tries as many inputs as an idle one */
  ms: number
  input: Uint8Array | undefined
  /** its first 4 bytes count inputs, the next 4 say the length of the current one, which follows */
  shared: SharedArrayBuffer
}

/** What a worker tells when it is done. */
export interface Outcome {
  checked: number
  /** ms of the processor that the checks took */
  usedMs: number
  /** inputs that reached new blocks */
  joined: readonly Uint8Array[]
  finding: { input: Uint8Array; text: string } | undefined
}

const { name, seed, ms, input, shared } = workerData as Order

/** Tells the watching thread which input is checked: one that hangs is known so. */
function tellInput(bytes: Uint8Array): void {
  const told = bytes.subarray(0, shared.byteLength - 8)
  new Uint8Array(shared, 8).set(told)
  const counters = new Int32Array(shared, 0, 2)
  Atomics.store(counters, 1, told.length)
  Atomics.add(counters, 0, 1)
}

/** ms of the processor that this thread has used */
const usedMs = () => {
  const { user, system } = process.threadCpuUsage()
  return (user + system) / 1000
}

const textOfError = (error: unknown) =>
  error instanceof Error ? (error.stack ?? error.message) : String(error)

async function run(): Promise<Outcome> {
  const target = targetNamed(name)
  if (input) {
    tellInput(input)
    const finding = await failureOf(target, input)
    return {
      checked: 1,
      usedMs: 0,
      joined: [],
      finding: finding && { input, text: textOfError(finding.error) },
    }
  }
  const inputs = corpusOf(target, seed)
  const { length } = inputs
  const coverage = countBlocks(target.files)
  const beganMs = usedMs()
  const { checked, finding } = await hunt(
    { target, inputs, seed, coverage, onInput: tellInput },
    () => usedMs() < beganMs + ms,
  )
  const hunted = { checked, usedMs: usedMs() - beganMs, joined: inputs.slice(length) }
  if (finding) {
    const small = await reduced(finding.input, async (each) => {
      tellInput(each)
      return (await failureOf(target, each)) !== undefined
    })
    const { error } = (await failureOf(target, small)) ?? finding
    return { ...hunted, finding: { input: small, text: textOfError(error) } }
  }
  for (const each of inputs)
    try {
      tellInput(each)
      await checkLinear(target, each)
    } catch (error) {
      return { ...hunted, finding: { input: each, text: textOfError(error) } }
    }
  return { ...hunted, finding: undefined }
}

parentPort?.postMessage(await run())
