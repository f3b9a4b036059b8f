import { describe, expect, test } from 'vitest'
import { fetchObject } from '../../../../origin/relay/pull/fetch-object.ts'
import { FailOver } from '../../../../shared/http/fail-over.ts'

const path = '/hls/live.mp3/5.mp3'

/** A slave with three masters, of which some do not answer its list, and what each answers when it is asked for an object. */
function slave(answers: Record<string, () => Response>, doubtful: readonly string[] = []) {
  const asked: string[] = []
  const failOver = new FailOver(() => 0)
  const upstreams = ['a', 'b', 'c'].map((name) => ({
    url: new URL(`http://${name}.example:8000/live.mp3`),
    configured: `http://${name}.example:8000`,
    pass: undefined,
    isDoubtful: doubtful.includes(name),
  }))
  const reach = { allowsInside: true, lookUp: async () => ['192.0.2.1'] }
  const get = (bytesMax = 100) =>
    fetchObject(path, upstreams, {
      bytesMax,
      reach,
      failOver,
      fetch: async (url) => {
        const { hostname, pathname } = new URL(String(url))
        const name = hostname.replace('.example', '')
        expect(pathname).toBe(path)
        asked.push(name)
        const answer = answers[name]
        if (!answer) throw new TypeError('fetch failed')
        return answer()
      },
    })
  return { asked, get }
}
const has = () => new Response('audio')
const hasNot = () => new Response('none', { status: 404 })

describe('an object of HLS from the masters of a slave', () => {
  test('comes from the first that has it, masters that do not answer their list last', async () => {
    const { asked, get } = slave({ a: has, b: hasNot, c: has }, ['a'])
    expect((await get()).status).toBe(200)
    expect(asked).toEqual(['b', 'c'])
  })

  test('is asked last of a master that has failed, and is 404 only if no other has it', async () => {
    const { asked, get } = slave({ b: hasNot, c: has })
    await get()
    await get()
    expect(asked).toEqual(['a', 'b', 'c', 'b', 'c'])
    expect((await slave({ a: hasNot }).get()).status).toBe(404)
  })

  test.each([
    ['is too long', () => new Response('x'.repeat(101))],
    ['never ends', () => new Response(new ReadableStream({ pull: (c) => c.enqueue(new Uint8Array(64)) }))],
    ['breaks off', () => new Response(new ReadableStream({ start: (c) => c.error(new Error('closed')) }))],
    ['is an error', () => new Response('', { status: 500 })],
    ['leads in a circle', () => new Response(null, { status: 302, headers: { location: path } })],
    [
      'leads to another protocol',
      () => new Response(null, { status: 302, headers: { location: 'file:///etc' } }),
    ],
  ])('comes from the next master if the answer of the first %s', async (_, answer) => {
    const { asked, get } = slave({ a: answer, b: has })
    expect(new TextDecoder().decode((await get()).bytes)).toBe('audio')
    expect(asked.at(-1)).toBe('b')
    await expect(slave({ a: answer }).get()).rejects.toThrow()
  })
})
