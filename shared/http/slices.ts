// Long answers are made in slices, between which others are answered. A generator makes the answer; what it reads is of one moment.

/** After how much a slice ends: well under a millisecond. */
const sliceMax = {
  /** characters of text: some servers with a hundred mounts each */
  chars: 65_536,
  /** units of work, each a server or a mount at a server that is looked at */
  units: 5_000,
}
/** ms after which an answer is not begun again as long as nobody reads it to its end … */
const begunMs = 10_000
/** … and for which it is given to others who ask once it is whole */
const wholeMs = 1000

/** A piece of the text, or as many units of work. */
export type SliceStep = string | number

/** What a generator returns, made at once. */
export function wholeOf<T>(work: Generator<SliceStep, T>): T {
  for (;;) {
    const { done, value } = work.next()
    if (done) return value
  }
}

/** The text that a generator makes, at once. */
export function textOf(work: Iterator<SliceStep, unknown>): string {
  const pieces: string[] = []
  for (let next = work.next(); !next.done; next = work.next())
    if (typeof next.value === 'string') pieces.push(next.value)
  return pieces.join('')
}

/** Runs one slice of a generator; returns its text, and whether more follows. */
export function sliceOf(
  work: Iterator<SliceStep, unknown>,
  max = sliceMax,
): { text: string; isLast: boolean } {
  const pieces: string[] = []
  let chars = 0
  let units = 0
  while (chars < max.chars && units < max.units) {
    const { done, value } = work.next()
    if (done) return { text: pieces.join(''), isLast: true }
    units++
    if (typeof value === 'string') {
      pieces.push(value)
      chars += value.length
    } else if (typeof value === 'number') units += value
  }
  return { text: pieces.join(''), isLast: false }
}

/** Lets everything else run that waits. */
const pause = () => new Promise<void>((resolve) => setTimeout(resolve, 0))

/** An answer in the making: all clients that ask for it while it is new read the same pieces, and make those that are not there yet. */
export class SlicedText {
  readonly #work: Iterator<SliceStep, unknown>
  readonly #encoder = new TextEncoder()
  readonly #pieces: Uint8Array[] = []
  readonly #nowMs: () => number
  readonly #begunMs: number
  #wholeMs = Number.NaN
  #isWhole = false
  #making: Promise<void> | undefined
  /** it could not be made: nobody else must take what there is for the whole */
  #hasFailed = false

  constructor(work: Iterator<SliceStep, unknown>, nowMs: () => number = () => 0) {
    this.#work = work
    this.#nowMs = nowMs
    this.#begunMs = nowMs()
  }

  /** Whether it may still be given to others who ask. */
  get isNew(): boolean {
    if (this.#hasFailed) return false
    const nowMs = this.#nowMs()
    return this.#isWhole ? nowMs - this.#wholeMs < wholeMs : nowMs - this.#begunMs < begunMs
  }

  /** The text from its begin. Work is done as it is read: a reader that goes away ends it, unless others read too. */
  body(): ReadableStream<Uint8Array> {
    let at = 0
    return new ReadableStream(
      {
        pull: async (controller) => {
          while (at >= this.#pieces.length && !this.#isWhole) {
            this.#making ??= this.#makeSlice().then(
              () => {
                this.#making = undefined
              },
              (error: unknown) => {
                this.#hasFailed = true
                throw error
              },
            )
            await this.#making
          }
          const piece = this.#pieces[at++]
          if (piece) controller.enqueue(piece)
          else controller.close()
        },
      },
      { highWaterMark: 0 },
    )
  }

  async #makeSlice(): Promise<void> {
    // not before the first slice: a short answer is made at once
    if (this.#pieces.length > 0) await pause()
    let slice = sliceOf(this.#work)
    while (slice.text === '' && !slice.isLast) {
      await pause()
      slice = sliceOf(this.#work)
    }
    if (slice.text !== '') this.#pieces.push(this.#encoder.encode(slice.text))
    this.#isWhole = slice.isLast
    this.#wholeMs = this.#nowMs()
  }
}

/** An answer that is made for one reader alone. */
export const slicedBody = (work: Iterator<SliceStep, unknown>): ReadableStream<Uint8Array> =>
  new SlicedText(work).body()

/** elements of a long array that are printed in one step */
const elementsAStep = 1_000

/** Prints a long array of small elements as JSON, some a step. */
export const jsonInPieces = (all: Iterable<unknown>): Generator<SliceStep, void> =>
  inPieces('[', all, (each) => JSON.stringify(each), ']')

/** Prints names and numbers as a JSON object, some a step. */
export const jsonObject = (all: Iterable<readonly [string, number]>): Generator<SliceStep, void> =>
  inPieces('{', all, ([name, value]) => `${JSON.stringify(name)}:${value}`, '}')

function* inPieces<T>(
  open: string,
  all: Iterable<T>,
  print: (each: T) => string,
  close: string,
): Generator<SliceStep, void> {
  let text = open
  let separator = ''
  let count = 0
  for (const each of all) {
    text += separator + print(each)
    separator = ','
    if (++count % elementsAStep !== 0) continue
    yield text
    yield elementsAStep
    text = ''
  }
  yield text + close
}

/** Prints an array as JSON, an element a step. @param weigh units of work of an element */
export const jsonArray = <T>(
  all: Iterable<T>,
  weigh: (each: T) => number = () => 0,
): Generator<SliceStep, void> =>
  jsonElements(all, function* (each, before) {
    yield before + JSON.stringify(each)
    yield weigh(each)
  })

/** Prints an array as JSON whose elements take steps of their own. @param print prints an element, with the text before it */
export function* jsonElements<T>(
  all: Iterable<T>,
  print: (each: T, before: string) => Generator<SliceStep, void>,
): Generator<SliceStep, void> {
  let before = '['
  for (const each of all) {
    yield* print(each, before)
    before = ','
  }
  yield before === '[' ? '[]' : ']'
}
