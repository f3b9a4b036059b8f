import fc from 'fast-check'
import { expect, test } from 'vitest'
import { repetitions } from '../kit/base/repetitions.ts'
import { edgeOf } from '../kit/parts/edge-app.ts'
import { reportOf } from '../kit/parts/reports.ts'

const { ask } = edgeOf(reportOf('a'), reportOf('b', { role: 'master' }))
const piece = fc.constantFrom(
  '/live.mp3',
  '/admin/',
  'streamlist.txt',
  '/api/servers',
  '..',
  '//',
  '%2f',
  '%00',
  '?x=',
  '&',
)
const path = fc
  .array(fc.oneof(piece, fc.string({ maxLength: 8 })), { maxLength: 8 })
  .map((pieces) => `/${pieces.join('')}`)
const headers = fc.dictionary(
  fc.constantFrom('Authorization', 'User-Agent', 'Range', 'Content-Type', 'Host'),
  fc.stringMatching(/^[\x21-\x7e]{1,40}$/),
  { noNullPrototype: true },
)
const method = fc.constantFrom('GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'SOURCE')

test('any request is answered; a redirect goes only to a known server', async () => {
  let callers = 0
  const ours = /^http:\/\/[ab]\.example\.org:8000\//
  await fc.assert(
    fc.asyncProperty(path, headers, method, async (path, headers, method) => {
      // each from a network of its own: the wrong logins of one wait a second each
      const n = callers++
      const address = `${100 + (n >> 16)}.${(n >> 8) & 255}.${n & 255}.1`
      const { status, headers: answered } = await ask(path, headers, method, { address })
      const location = answered.get('location')
      if (status === 302) return location !== null && ours.test(location) && !/[\r\n]/.test(location)
      return location === null && [200, 204, 400, 401, 404, 405, 415, 503].includes(status)
    }),
    { numRuns: repetitions(3000) },
  )
})

test('a HEAD is answered as a GET, also with facts that a runtime works out when they are asked for', async () => {
  class Facts {
    readonly #host = 'edge.example'
    readonly address = '192.0.2.1'
    readonly secure = false
    get base() {
      return `http://${this.#host}`
    }
    get here() {
      return `http://${this.#host}:8000`
    }
  }
  const { edge } = edgeOf(reportOf('a'))
  const answer = (method: string) =>
    edge.answer(new Request('http://x/status-json.xsl', { method }), new Facts())
  const whole = await (await answer('GET')).text()
  expect(whole).toContain('"host":"edge.example"')
  expect((await answer('HEAD')).headers.get('content-length')).toBe(`${whole.length}`)
})
