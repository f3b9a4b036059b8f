import { describe, expect, test } from 'vitest'
import { hlsLimits } from '../../../shared/hls/limits.ts'
import { type FetchedObject, ObjectCache } from '../../../shared/hls/object-cache.ts'

/** A cache, and a master that answers each request when the test says so. */
function cacheOf(bytesMax = 100_000) {
  const clock = { ms: 0 }
  const asked: { path: string; answer: (object: FetchedObject | Error) => void }[] = []
  const cache = new ObjectCache({ bytesMax, nowMs: () => clock.ms })
  const get = (path: string, freshMs = 1000, staleMs = 3000) =>
    cache.get(path, {
      fetch: () =>
        new Promise((resolve, reject) => {
          const answer = (object: FetchedObject | Error) =>
            object instanceof Error ? reject(object) : resolve(object)
          asked.push({ path, answer })
        }),
      lifetimeOf: () => ({ freshMs, staleMs }),
    })
  return { cache, clock, asked, get }
}
const objectOf = (bytes: number): FetchedObject => ({
  status: 200,
  type: 'x/y',
  bytes: new Uint8Array(bytes),
})
const missing: FetchedObject = { status: 404, type: '', bytes: new Uint8Array() }

describe('an object cache', () => {
  test('asks once for an object that a thousand players want at the same time', async () => {
    const { asked, get } = cacheOf()
    const gets = Array.from({ length: 1000 }, () => get('/a'))
    expect(asked.length).toBe(1)
    asked[0]?.answer(objectOf(10))
    expect(new Set(await Promise.all(gets)).size).toBe(1)
  })

  test('asks again for what is not fresh any more, and for nothing that is', async () => {
    const { asked, clock, get } = cacheOf()
    const first = get('/a')
    asked[0]?.answer(objectOf(10))
    await first
    clock.ms = 999
    await get('/a')
    expect(asked.length).toBe(1)
    clock.ms = 1000
    void get('/a')
    expect(asked.length).toBe(2)
  })

  test('remembers for a moment that an object is not there', async () => {
    const { asked, clock, get } = cacheOf()
    const first = get('/a', 60_000)
    asked[0]?.answer(missing)
    expect((await first).status).toBe(404)
    clock.ms = hlsLimits.missingMs - 1
    expect((await get('/a')).status).toBe(404)
    expect(asked.length).toBe(1)
    clock.ms = hlsLimits.missingMs
    void get('/a')
    expect(asked.length).toBe(2)
  })

  test('gives an old copy while the master cannot be asked, and none that is too old', async () => {
    const { asked, clock, get } = cacheOf()
    clock.ms = 10_000
    const first = get('/a')
    asked[0]?.answer(objectOf(10))
    await first
    clock.ms = 12_000
    const second = get('/a')
    asked[1]?.answer(new Error('refused'))
    expect((await second).status).toBe(200)
    clock.ms = 13_000
    const third = get('/a')
    asked[2]?.answer(new Error('refused'))
    await expect(third).rejects.toThrow('refused')
  })

  test('asks a master that failed again only after a moment: a thousand players do not wait for the same failure', async () => {
    const { asked, clock, get } = cacheOf()
    const first = get('/a')
    asked[0]?.answer(new Error('refused'))
    await expect(first).rejects.toThrow('refused')
    for (let i = 0; i < 10; i++) await expect(get('/a')).rejects.toThrow('refused')
    expect(asked.length).toBe(1)
    clock.ms = hlsLimits.missingMs
    void get('/a').catch(() => {})
    expect(asked.length).toBe(2)
  })

  test('remembers a bounded number of failures, and forgets the oldest first', async () => {
    const { asked, get } = cacheOf()
    const fail = (path: string) => {
      const got = get(path).catch(() => {})
      asked.at(-1)?.answer(new Error('refused'))
      return got
    }
    for (let i = 0; i < hlsLimits.rememberedMax; i++) await fail(`/${i}`)
    expect(asked.length).toBe(hlsLimits.rememberedMax)
    await fail('/0')
    expect(asked.length).toBe(hlsLimits.rememberedMax)
    await fail('/one-more')
    await fail('/1')
    expect(asked.length).toBe(hlsLimits.rememberedMax + 1)
    await fail('/0')
    expect(asked.at(-1)?.path).toBe('/0')
  })

  test('fetches a bounded number of objects at a time', async () => {
    const { cache, asked, get } = cacheOf()
    for (let i = 0; i < hlsLimits.fetchesMax; i++) void get(`/${i}`).catch(() => {})
    await expect(get('/one-more')).rejects.toThrow('being fetched')
    expect([asked.length, cache.size.fetching]).toEqual([hlsLimits.fetchesMax, hlsLimits.fetchesMax])
    void get('/0') // joins the others
    expect(asked.length).toBe(hlsLimits.fetchesMax)
  })

  test('drops what was not used for longest where there are too many bytes; names of missing objects count too', async () => {
    const { cache, asked, get } = cacheOf(10_000)
    const fetched = async (path: string, object: FetchedObject) => {
      const got = get(path, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY)
      asked.at(-1)?.answer(object)
      return got
    }
    await fetched('/a', objectOf(4000))
    await fetched('/b', objectOf(4000))
    await get('/a')
    await fetched('/c', objectOf(4000))
    const before = asked.length
    await get('/a')
    expect(asked.length).toBe(before)
    void get('/b')
    expect(asked.length).toBe(before + 1)
    for (let i = 0; i < 1000; i++) await fetched(`/missing-${i}`, missing)
    expect(cache.bytes).toBeLessThanOrEqual(10_000)
    expect(cache.size.held).toBeLessThan(50)
  })

  test('counts an object with its name and 256 bytes, and holds exactly as many bytes as it may', async () => {
    const cost = 1000 + '/a'.length + 256
    const { cache, asked, get } = cacheOf(2 * cost)
    const fetched = async (path: string, object: FetchedObject) => {
      const got = get(path)
      asked.at(-1)?.answer(object)
      await got
      return [cache.size.held, cache.bytes]
    }
    expect(await fetched('/a', objectOf(1000))).toEqual([1, cost])
    expect(await fetched('/b', objectOf(1000))).toEqual([2, 2 * cost])
    expect(await fetched('/c', objectOf(1001))).toEqual([1, cost + 1])
    // one that is larger than all that may be held is held alone: all players want it now
    expect(await fetched('/d', objectOf(5000))).toEqual([1, 5000 + cost - 1000])
    expect(await fetched('/e', objectOf(1000))).toEqual([1, cost])
    expect(cache.size.fetching).toBe(0)
  })
})
