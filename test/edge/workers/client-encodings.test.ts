import { expect, test } from 'vitest'
import { clientEncodingsOf } from '../../../edge/workers/client-encodings.ts'

test('Workers: what a client takes is what it sent, not what Cloudflare asks of the Worker', () => {
  const from = (cf?: unknown) => {
    const request = new Request('http://edge/', { headers: { 'Accept-Encoding': 'br, gzip' } })
    return clientEncodingsOf(Object.assign(request, cf === undefined ? {} : { cf }))
  }
  expect(from({ clientAcceptEncoding: 'identity', colo: 'TXL' })).toBe('identity')
  expect(from({ clientAcceptEncoding: '' }), 'it sent none').toBe('')
  for (const cf of [undefined, null, {}, { clientAcceptEncoding: 4 }])
    expect(from(cf), JSON.stringify(cf)).toBeUndefined()
})
