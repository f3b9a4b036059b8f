import { expect, test } from 'vitest'
import { requestOfAnyMethod } from '../../../shared/http/any-method.ts'

test('a request has the method that was sent, also one that a runtime rejects or takes for GET', () => {
  const methods = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'TRACE', 'STATS', 'SOURCE', 'get']
  const sent = methods.map((method) => requestOfAnyMethod('http://edge.example/live', method, {}))
  expect(sent.map(({ method }) => method)).toEqual(methods)
  const put = requestOfAnyMethod('http://edge.example/', 'PUT', { headers: { a: 'b' }, body: 'text' })
  expect([put.headers.get('a'), put.url]).toEqual(['b', 'http://edge.example/'])
})
