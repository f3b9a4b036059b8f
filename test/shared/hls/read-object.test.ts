import { expect, test } from 'vitest'
import { readObject } from '../../../shared/hls/read-object.ts'
import { OtherAnswer } from '../../../shared/http/fail-over.ts'

const read = (response: Response) => readObject(response, 'http://master:8000', 4)
const text = ({ bytes }: { bytes: Uint8Array }) => new TextDecoder().decode(bytes)

test('an object of a master has the type and the bytes of its answer', async () => {
  const object = await read(new Response('abcd', { headers: { 'content-type': 'audio/aac' } }))
  expect([object.status, object.type, text(object)]).toEqual([200, 'audio/aac', 'abcd'])
  const untyped = await read(new Response(new Uint8Array([97])))
  expect([untyped.type, text(untyped)]).toEqual(['', 'a'])
})

test('a master that has no such object says so, and the rest of its answer is not read', async () => {
  const answer = new Response('no such object', { status: 404 })
  const object = await read(answer)
  expect([object.status, object.bytes.length, answer.bodyUsed]).toEqual([404, 0, true])
  expect(await read(new Response(null, { status: 404 }))).toMatchObject({ status: 404 })
})

test('any other status, and more bytes than the bound, are an error that names the master', async () => {
  const failed = read(new Response('busy', { status: 503 }))
  await expect(failed).rejects.toThrow('http://master:8000 answered 503')
  await expect(failed).rejects.toBeInstanceOf(OtherAnswer)
  await expect(read(new Response('abcde'))).rejects.toThrow('http://master:8000 sent more than 4 bytes')
})
