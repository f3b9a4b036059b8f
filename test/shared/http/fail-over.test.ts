import { describe, expect, test } from 'vitest'
import { FailOver, OtherAnswer } from '../../../shared/http/fail-over.ts'

/** Servers a, b and c, of which a test sets what each answers, and which of them were asked. */
function servers(answers: Record<string, string | Error>) {
  const clock = { ms: 0 }
  const failOver = new FailOver(() => clock.ms)
  const ask = async () => {
    const asked: string[] = []
    const answer = await failOver
      .ask(
        ['a', 'b', 'c'],
        (name) => name,
        async (name) => {
          asked.push(name)
          const said = answers[name] ?? 'no'
          if (typeof said !== 'string') throw said
          return said
        },
        (said) => said === 'yes',
      )
      .catch((error: Error) => error.message)
    return `${asked.join('')}: ${answer}`
  }
  return { clock, answers, ask }
}
const away = new Error('refused')

describe('asking one server after the other', () => {
  test('ends at the first that has what is asked for', async () => {
    expect(await servers({ b: 'yes', c: 'yes' }).ask()).toBe('ab: yes')
  })

  test('an answer that it is not there counts only if no other has it', async () => {
    expect(await servers({ a: away, b: 'no' }).ask()).toBe('abc: no')
  })

  test('of several other answers the first counts', async () => {
    expect(await servers({ a: away, b: 'not here', c: 'busy' }).ask()).toBe('abc: not here')
  })

  test('fails where none has answered', async () => {
    expect(await servers({ a: away, b: away, c: away }).ask()).toBe('abc: refused')
  })

  test('one that failed comes last: twice as long after each failure, and first again once it has answered', async () => {
    const { clock, answers, ask } = servers({ a: away, b: 'yes' })
    const order: string[] = []
    for (clock.ms = 0; clock.ms < 80_000; clock.ms += 5000) order.push((await ask())[0] ?? '')
    // tried at 0, 10 and 30 s
    expect(order.join('')).toBe('ababbbabbbbbbbab'.slice(0, 16))
    answers.a = 'yes'
    clock.ms = 10_000_000
    expect(await ask()).toBe('a: yes')
    answers.a = away
    clock.ms += 1
    expect(await ask()).toBe('ab: yes')
    clock.ms += 10_000
    expect(await ask()).toBe('ab: yes')
  })

  test('one that fails for long is tried first again after 320 s at most', async () => {
    const { clock, ask } = servers({ a: away, b: 'yes' })
    const firstAt: number[] = []
    for (clock.ms = 0; clock.ms < 1_600_000; clock.ms += 10_000)
      if ((await ask()).startsWith('a')) firstAt.push(clock.ms / 1000)
    expect(firstAt).toEqual([0, 10, 30, 70, 150, 310, 630, 950, 1270, 1590])
  })

  test('beyond a thousand servers that failed the oldest failure is forgotten', async () => {
    const failOver = new FailOver(() => 0)
    const fail = (name: string) =>
      failOver
        .ask(
          [name],
          (each) => each,
          () => Promise.reject(away),
          () => true,
        )
        .catch(() => undefined)
    for (let i = 0; i < 1000; i++) await fail(`s${i}`)
    await fail('s0')
    await fail('last')
    expect(failOver.inOrder(['s0', 's1', 's2', 'last', 'other'], (each) => each)).toEqual([
      's1',
      'other',
      's0',
      's2',
      'last',
    ])
  })

  test('one that answers something else is not out of order', async () => {
    const { ask } = servers({ a: new OtherAnswer('answered 503'), b: 'yes' })
    expect([await ask(), await ask()]).toEqual(['ab: yes', 'ab: yes'])
  })
})
