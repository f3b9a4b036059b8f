import { type Asking, Ear } from './ear.ts'

/** The task of a process of listeners. */
export interface CrowdPlan extends Asking {
  count: number
  /** joins a second */
  perSecond: number
}

/** The statistics of a process of listeners, a line of JSON each second. */
export interface Heard {
  /** listeners that were answered 200 */
  joined: number
  /** listeners with any other answer */
  refused: number
  /** listeners whose connection has ended */
  closed: number
  /** bytes of all listeners together */
  received: number
  /** ms from connecting to the first byte, for each listener that got it since the line before */
  firstByteMs: number[]
  /** ms of the longest silence of any listener since the line before */
  gapMs: number
  /** the last frame that all checked listeners have received; -1 if one has received none */
  frame: number
  /** faults of the checked listeners */
  faults: string[]
}

// `node listeners.ts PLAN`, a separate process, so that its work is not counted as the server's; runs until it is killed.
const plan: CrowdPlan = JSON.parse(process.argv[2] ?? '{}')
/** ms between two checks of how many joins are due */
const tickMs = 5
/** ms between two lines */
const lineMs = 1000

const ears: Ear[] = []
const untold = new Set<Ear>()
let closed = 0

function join(): void {
  const ear = new Ear(plan)
  ears.push(ear)
  untold.add(ear)
  ear.socket.once('close', () => closed++)
}

const beganMs = performance.now()
const joining = setInterval(() => {
  const due = Math.min(plan.count, Math.floor(((performance.now() - beganMs) / 1000) * plan.perSecond))
  while (ears.length < due) join()
  if (ears.length === plan.count) clearInterval(joining)
}, tickMs)

function takeFirstBytes(): number[] {
  const firstBytes: number[] = []
  for (const ear of untold)
    if (ear.firstMs !== undefined) {
      firstBytes.push(ear.firstMs - ear.beganMs)
      untold.delete(ear)
    }
  return firstBytes
}

setInterval(() => {
  const nowMs = performance.now()
  const answered = ears.filter(({ status }) => status !== undefined)
  const playing = answered.filter(({ status }) => status === 200)
  const heard: Heard = {
    joined: playing.length,
    refused: answered.length - playing.length,
    closed,
    received: ears.reduce((sum, { bytes }) => sum + bytes, 0),
    firstByteMs: takeFirstBytes(),
    gapMs: playing.reduce((longest, ear) => Math.max(longest, ear.takeGapMs(nowMs)), 0),
    frame: plan.checked && playing.length > 0 ? Math.min(...playing.map(({ lastFrame }) => lastFrame)) : -1,
    faults: playing.flatMap(({ fault }) => fault ?? []),
  }
  console.log(JSON.stringify(heard))
}, lineMs)
