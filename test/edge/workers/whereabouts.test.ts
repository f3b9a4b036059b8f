import { expect, test } from 'vitest'
import { whereaboutsOf } from '../../../edge/workers/whereabouts.ts'

const from = (cf?: unknown) =>
  whereaboutsOf(Object.assign(new Request('http://edge/'), cf === undefined ? {} : { cf }))

test('Workers: the place of a request is what Cloudflare says, in texts of which any may be missing', () => {
  expect(from({ latitude: '52.52', longitude: '13.40', country: 'DE', colo: 'TXL' })).toEqual({
    location: { latitude: 52.52, longitude: 13.4 },
    country: 'DE',
  })
  expect(from({ country: 'DE' })).toEqual({ location: undefined, country: 'DE' })
  expect(from({ latitude: '52.52' })).toEqual({ location: undefined, country: undefined })
})

test('Workers: values of other types are ignored', () => {
  for (const cf of [undefined, null, 'x']) expect(from(cf), JSON.stringify(cf)).toBeUndefined()
  for (const cf of [
    { latitude: 'north' },
    { latitude: '91', longitude: '0' },
    { country: 'T1' },
    { country: 4 },
  ])
    expect(from(cf), JSON.stringify(cf)).toEqual({ location: undefined, country: undefined })
})
