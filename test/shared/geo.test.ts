import { expect, test } from 'vitest'
import { readWhereabouts } from '../../shared/geo.ts'

const berlin = { latitude: 52.5, longitude: 13.4 }

test.for<[object, object]>([
  [berlin, { location: berlin }],
  [{ latitude: '-33.9', longitude: '151.2' }, { location: { latitude: -33.9, longitude: 151.2 } }],
  [{ latitude: -90, longitude: 180 }, { location: { latitude: -90, longitude: 180 } }],
  [{ latitude: 90, longitude: -180 }, { location: { latitude: 90, longitude: -180 } }],
  [
    { latitude: 0, longitude: 0, country: 'DE' },
    { location: { latitude: 0, longitude: 0 }, country: 'DE' },
  ],
  [{ latitude: 90.1, longitude: 0 }, {}],
  [{ latitude: -90.1, longitude: 0 }, {}],
  [{ latitude: 0, longitude: 180.1 }, {}],
  [{ latitude: 0, longitude: -180.1 }, {}],
  [{ latitude: 52.5 }, {}],
  [{ longitude: 13.4, country: 'DE' }, { country: 'DE' }],
  [{ latitude: null, longitude: 13.4 }, {}],
  [{ ...berlin, country: 'de' }, { location: berlin }],
  [{ country: 'DEU' }, {}],
  [{ country: 'xDE' }, {}],
  [{ country: 49 }, {}],
  [{}, {}],
])('a database that says %j of an address means %j', ([said, whereabouts]) => {
  expect(readWhereabouts(said)).toEqual(whereabouts)
})
