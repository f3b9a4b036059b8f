import fc from 'fast-check'
import { geoIn } from '../../../../edge/runtime/geo.ts'
import { writeMmdb } from '../../../kit/base/mmdb.ts'
import type { Target } from '../target.ts'

const addresses = [
  '192.0.2.1',
  '198.51.100.200',
  '::ffff:192.0.2.1',
  '2001:db8::1',
  '0.0.0.0',
  'nonsense',
  '',
]
const berlin = { country: { iso_code: 'DE' }, location: { latitude: 52.5, longitude: 13.5 } }
const databases = [
  writeMmdb({ '192.0.2.0/24': berlin, '198.51.100.0/25': { country: { iso_code: 'JP' } } }),
  writeMmdb({
    '0.0.0.0/1': berlin,
    '128.0.0.0/1': { location: { latitude: -33.5, longitude: 151.5 }, names: ['a'] },
  }),
]

/** The database, or undefined where it is none. */
function opened(input: Uint8Array): ReturnType<typeof geoIn> | undefined {
  try {
    return geoIn(Buffer.from(input))
  } catch {
    return undefined // it is not used then, whatever the library says
  }
}

export const geo: Target = {
  name: 'geo-db',
  about:
    'databases of addresses in MaxMind’s format: an address is somewhere on earth or unknown, however damaged the file is',
  // the library reads the file, so its blocks guide
  files: 'mmdb-lib',
  tokens: [
    '\u00ab\u00cd\u00efMaxMind.com',
    'latitude',
    'longitude',
    'location',
    'country',
    'iso_code',
    '\u0020\0',
    '\u0068',
    '\u00e2',
  ],
  invent: fc.constantFrom(...databases),
  check(input) {
    const locate = opened(input)
    for (const address of locate ? addresses : []) {
      const { location, country } = locate?.(address) ?? {}
      const isOnEarth =
        !location || (Math.abs(location.latitude) <= 90 && Math.abs(location.longitude) <= 180)
      if (!isOnEarth || (country !== undefined && !/^[A-Z]{2}$/.test(country)))
        throw new Error(`${address} is at ${JSON.stringify({ location, country })}`)
    }
  },
}
