import { STATUS_CODES } from 'node:http'
import { expect, test } from 'vitest'
import { printResponse } from '../../../edge/http/print.ts'

const asked = { method: 'GET', keepAlive: true, nowMs: 0, isOld: false }

/** A body that comes in three pieces, as Bun reads bytes that are there. */
const inPieces = () =>
  new ReadableStream<Uint8Array<ArrayBuffer>>({
    start(controller) {
      for (const size of [5, 6, 7]) controller.enqueue(new Uint8Array(size))
      controller.close()
    },
  })

test('an answer that names its length is sent whole with that length, in however many pieces its body comes', async () => {
  const { head, body, rest } = await printResponse(
    new Response(inPieces(), { headers: { 'Content-Length': '18' } }),
    asked,
  )
  expect(head).toContain('Content-Length: 18\r\n')
  expect(head).not.toContain('Transfer-Encoding')
  expect([rest, body.map(({ length }) => length)]).toEqual([undefined, [5, 6, 7]])
})

test('one that names none is sent in chunks if it is long, and whole to a client of HTTP/1.0', async () => {
  const chunked = await printResponse(new Response(inPieces()), asked)
  expect(chunked.head).toContain('Transfer-Encoding: chunked\r\n')
  expect(chunked.rest).toBeDefined()
  const whole = await printResponse(new Response(inPieces()), { ...asked, isOld: true })
  expect(whole.head).toContain('Content-Length: 18\r\n')
  expect(whole.rest).toBeUndefined()
})

test('every status that an edge answers has the words of RFC 9110 and its like', async () => {
  for (const status of [200, 201, 204, 302, 400, 401, 403, 404, 405, 409, 413, 415, 429, 500, 503]) {
    const { head } = await printResponse(new Response(null, { status }), asked)
    const words = status === 413 ? 'Content Too Large' : STATUS_CODES[status]
    expect(head.split('\r\n', 1)).toEqual([`HTTP/1.1 ${status} ${words}`])
  }
})
