import { beforeEach, expect, test } from 'vitest'
import { KeptBytes } from '../../../../origin/hls/serve/kept-bytes.ts'

const body = new Uint8Array(64_000).fill(7)
const segment = {
  status: 200,
  headers: [['Content-Type', 'audio/mpeg']] as const,
  pieces: [body],
  bytes: body.length,
}
const rules = [] as const
let kept: KeptBytes
beforeEach(() => {
  kept = new KeptBytes()
})

const options = { version: '1.1', keepAlive: true, rules, wallMs: 5000 } as const

test('a thousand listeners get the same bytes of a segment, which are put together once a second, from the second listener on', () => {
  expect(kept.whole(segment, options)).toBeUndefined()
  const made = new Set<Buffer | undefined>()
  for (let i = 1; i < 1000; i++) made.add(kept.whole(segment, { ...options, wallMs: 5000 + i }))
  expect(made.size).toBe(1)
  const [whole = Buffer.alloc(0)] = made
  const end = whole.indexOf('\r\n\r\n') + 4
  expect(whole.toString('latin1', 0, end)).toMatch(/^HTTP\/1\.1 200 OK\r\n/)
  expect(whole.toString('latin1', 0, end)).toContain('Content-Length: 64000\r\n')
  expect(whole.subarray(end).equals(body)).toBe(true)
  const later = { ...options, wallMs: 6000 }
  expect([kept.whole(segment, later), kept.whole(segment, later) === whole]).toEqual([undefined, false])
})

test('two servers in one process keep nothing of each other', () => {
  const other = new KeptBytes()
  for (const each of [kept, other]) expect(each.whole(segment, options)).toBeUndefined()
  const [ours, theirs] = [kept.whole(segment, options), other.whole(segment, options)]
  expect(ours && theirs?.equals(ours)).toBe(true)
  expect(ours).not.toBe(theirs)
})

test('copies of one second have a bound in all: beyond it a segment is sent behind its head', () => {
  const other = (): typeof segment => ({ ...segment, headers: [['Content-Type', 'audio/mpeg']] })
  let copies = 0
  for (let i = 0; i < 200; i++) {
    const each = other()
    kept.whole(each, { ...options, wallMs: 9000 })
    if (kept.whole(each, { ...options, wallMs: 9000 })) copies++
  }
  expect(copies).toBe(Math.floor(8_388_608 / 64_000))
})

test('a head follows what it depends on: version, connection, length and configured headers', () => {
  const text = (over: object, answer = segment) =>
    kept.head(answer, { ...options, ...over }).toString('latin1')
  expect(text({})).toContain('Connection: keep-alive\r\n')
  expect(text({ keepAlive: false })).toContain('Connection: close\r\n')
  expect(text({ version: '1.0' })).toMatch(/^HTTP\/1\.0 /)
  expect(text({}, { ...segment, bytes: 5 })).toContain('Content-Length: 5\r\n')
  const added = [{ name: 'X-Radio', value: 'yes', status: undefined }]
  expect(text({ rules: added })).toContain('X-Radio: yes\r\n')
  expect(text({})).not.toContain('X-Radio')
})

test('sessions with texts of their own and the same headers each get their own', () => {
  const playlist = (text: string) => ({ ...segment, pieces: [Buffer.from(text)], bytes: text.length })
  for (const text of ['one', 'two', 'one'])
    expect(kept.whole(playlist(text), options)?.toString('latin1').endsWith(`\r\n\r\n${text}`)).toBe(true)
})

test('a body that is too long to be copied is sent behind its head', () => {
  expect(
    kept.whole({ ...segment, pieces: [new Uint8Array(300_000)], bytes: 300_000 }, options),
  ).toBeUndefined()
})
