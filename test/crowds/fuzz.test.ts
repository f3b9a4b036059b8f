import { describe, expect, test } from 'vitest'
import { corpusOf } from '../tools/fuzz/corpus.ts'
import { countBlocks } from '../tools/fuzz/coverage.ts'
import { failureOf, hunt } from '../tools/fuzz/hunt.ts'
import { checkLinear } from '../tools/fuzz/linear.ts'
import { reduced } from '../tools/fuzz/reduce.ts'
import { latin1Of, type Target } from '../tools/fuzz/target.ts'
import { targetNamed, targets } from '../tools/fuzz/targets.ts'

/** of mutations: the same inputs in every run */
const seed = 15
/** mutations of each corpus: 2 s of processor for all targets together */
const mutations = 150

describe('whatever comes from outside', () => {
  test.for(targets)('$name: $about', async (target) => {
    const inputs = corpusOf(target, seed)
    expect(inputs.length, 'its corpus').toBeGreaterThan(0)
    const { finding } = await hunt({ target, inputs, seed }, (checked) => checked < inputs.length + mutations)
    if (finding) {
      const small = await reduced(
        finding.input,
        async (each) => (await failureOf(target, each)) !== undefined,
      )
      console.error(
        `${target.name} fails for ${JSON.stringify(latin1Of(small))}; npm run fuzz -- ${target.name} --seed ${seed}`,
      )
      throw finding.error
    }
  })

  test.for(targets.filter(({ read }) => read))('$name: work is linear in the input', async (target) => {
    for (const input of corpusOf({ ...target, invent: undefined }, seed)) await checkLinear(target, input)
  })
})

/** Fails for an input that no single mutation reaches: each byte has to be found after the one before it. */
const riddle: Target = {
  name: 'riddle',
  about: 'a planted fault',
  files: 'test/crowds/',
  tokens: [],
  check([a = 0, b = 0, c = 0, d = 0]) {
    if (a >> 4 !== 0xf) return
    if (b >> 4 !== 0x1) return
    if (c >> 4 !== 0xe) return
    if (d >> 4 === 0x3) throw new Error('solved')
  },
}

describe('the fuzzer', () => {
  test('finds a fault step by step, since inputs that reach new blocks are kept', async () => {
    const found = async (isGuided: boolean) => {
      const inputs = [Uint8Array.from(Buffer.from('a riddle'))]
      const coverage = isGuided ? { coverage: countBlocks(riddle.files) } : {}
      const { finding } = await hunt(
        { target: riddle, inputs, seed, ...coverage },
        (checked) => checked < 40_000,
      )
      return finding?.input
    }
    const input = await found(true)
    expect(Array.from(input ?? [], (byte) => byte >> 4).slice(0, 4)).toEqual([0xf, 0x1, 0xe, 0x3])
    expect(await found(false)).toBeUndefined()
  })

  test('reduces an input to what fails', async () => {
    const long = Uint8Array.from(Buffer.from(`${'noise '.repeat(200)}a key${'more '.repeat(300)}and a door`))
    const fails = async (each: Uint8Array) => /key.*door/.test(latin1Of(each))
    expect(latin1Of(await reduced(long, fails))).toBe('keydoor')
  })

  test('sees work that is not linear', async () => {
    const read = (input: Uint8Array) => {
      for (const _ of input)
        for (const byte of input.subarray(0, 100 * (input.length / 8192))) if (byte > 255) return
    }
    await expect(checkLinear({ ...riddle, read }, Uint8Array.of(1))).rejects.toThrow('not linear')
    await checkLinear({ ...riddle, read: (input) => void input.map((byte) => byte + 1) }, Uint8Array.of(1))
  })

  test('names the targets that there are', () => {
    expect(() => targetNamed('hed')).toThrow(
      'there is no target "hed", expected one of head, repeated-heads,',
    )
  })
})
