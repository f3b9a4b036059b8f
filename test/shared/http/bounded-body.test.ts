import { expect, test } from 'vitest'
import { readBounded } from '../../../shared/http/bounded-body.ts'

/** A body in chunks of one byte, each a view of a large buffer, as a slow sender causes them. */
const trickle = (size: number) =>
  new ReadableStream<Uint8Array>({
    start(controller) {
      for (let i = 0; i < size; i++) controller.enqueue(new Uint8Array(1000).fill(i % 251).subarray(7, 8))
      controller.close()
    },
  })

test('a body that trickles in is copied into one buffer no larger than its bound', async () => {
  const bytes = await readBounded(trickle(3000), 4000)
  expect(bytes).toEqual(Uint8Array.from({ length: 3000 }, (_, i) => i % 251))
  expect(bytes?.buffer.byteLength).toBeLessThanOrEqual(4000)
})

test('a body is read up to its bound, and a larger one is rejected', async () => {
  expect(await readBounded(trickle(3000), 3000)).toHaveLength(3000)
  expect(await readBounded(trickle(3001), 3000)).toBeUndefined()
  expect(await readBounded(null, 3000)).toHaveLength(0)
})
