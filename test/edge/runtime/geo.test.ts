import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Reader } from 'mmdb-lib'
import { afterAll, expect, test, vi } from 'vitest'
import { openGeo, Places } from '../../../edge/runtime/geo.ts'
import { writeMmdb } from '../../kit/base/mmdb.ts'

const folder = mkdtempSync(join(tmpdir(), 'geo-'))
afterAll(() => rmSync(folder, { recursive: true }))
const fileOf = (name: string, bytes: Uint8Array | string) => {
  const path = join(folder, name)
  writeFileSync(path, bytes)
  return path
}

test('GEO_DB: a database of cities gives places and countries, of IPv4 in either dress', () => {
  const locate = openGeo(
    fileOf(
      'city.mmdb',
      writeMmdb({
        '192.0.2.0/24': { country: { iso_code: 'DE' }, location: { latitude: 52.52, longitude: 13.4 } },
        '198.51.100.0/25': { country: { iso_code: 'JP' }, location: { latitude: 35.5, longitude: 139.75 } },
        '203.0.113.0/24': { country: { iso_code: 'FR' } },
      }),
    ),
  )
  expect(locate('192.0.2.77')).toEqual({ location: { latitude: 52.52, longitude: 13.4 }, country: 'DE' })
  expect(locate('::ffff:198.51.100.1')?.country).toBe('JP')
  expect(locate('203.0.113.9')).toEqual({ location: undefined, country: 'FR' })
  for (const unknown of ['198.51.100.200', '10.0.0.1', '2001:db8::1', 'nonsense', ''])
    expect(locate(unknown), unknown).toBeUndefined()
})

test('GEO_DB: an answer counts for a whole /24, unless the database has smaller networks in it', () => {
  const country = (code: string) => ({ country: { iso_code: code } })
  const locate = openGeo(
    fileOf(
      'networks.mmdb',
      writeMmdb({
        '192.0.2.0/24': country('DE'),
        '198.51.100.0/25': country('JP'),
        '198.51.100.128/26': country('FR'),
        '198.51.100.192/32': country('IT'),
        '203.0.112.0/23': country('ES'),
      }),
    ),
  )
  const looked = vi.spyOn(Reader.prototype, 'getWithPrefixLength')
  const countries = (...addresses: string[]) => addresses.map((address) => locate(address)?.country)
  for (const _ of ['first', 'again']) {
    expect(countries('192.0.2.1', '192.0.2.255', '192.0.3.1')).toEqual(['DE', 'DE', undefined])
    expect(countries('198.51.100.1', '198.51.100.129', '198.51.100.192', '198.51.100.193')).toEqual([
      'JP',
      'FR',
      'IT',
      undefined,
    ])
    expect(countries('203.0.112.1', '203.0.113.1', '203.0.113.2')).toEqual(['ES', 'ES', 'ES'])
  }
  // the unknown two are looked up again
  expect(looked).toHaveBeenCalledTimes(1 + 3 + 2 + 2 * 2)
  looked.mockRestore()
})

test('GEO_DB: what a database says in another form than degrees and codes counts as unknown', () => {
  const country = { iso_code: 'DE' }
  const records = [
    'Berlin',
    5,
    ['DE'],
    { country: 'DE', location: 'Berlin' },
    { country: { iso_code: 49 }, location: { latitude: 'north', longitude: 13.4 } },
    { country: { iso_code: 'Germany' }, location: { latitude: 52.5, longitude: 360.5 } },
    { country: { iso_code: 'de' }, location: { latitude: Number.NaN, longitude: 13.4 } },
    { country: { iso_code: '' }, location: { latitude: 90.5, longitude: 13.4 } },
  ]
  const networks = records.map((record, i) => [`192.0.${i}.0/24`, record] as const)
  const locate = openGeo(
    fileOf('odd.mmdb', writeMmdb({ ...Object.fromEntries(networks), '198.51.100.0/24': { country } })),
  )
  for (const [i, record] of records.entries()) {
    const { location, country } = locate(`192.0.${i}.1`) ?? {}
    expect([location, country], JSON.stringify(record)).toEqual([undefined, undefined])
  }
  expect(locate('198.51.100.1')?.country).toBe('DE')
})

test('GEO_DB: a file of another format is rejected', () => {
  expect(() => openGeo(fileOf('none.mmdb', 'this is not a database'))).toThrow()
  expect(() => openGeo(join(folder, 'absent.mmdb'))).toThrow('ENOENT')
})

test('GEO_DB: a changed file is used once read again; one that cannot be read leaves the old data in use', () => {
  const country = (code: string) => writeMmdb({ '192.0.2.0/24': { country: { iso_code: code } } })
  const path = fileOf('renewed.mmdb', country('DE'))
  const places = new Places(path)
  expect(places.locate?.('192.0.2.1')?.country).toBe('DE')
  fileOf('renewed.mmdb', country('FR'))
  places.open()
  expect(places.locate?.('192.0.2.1')?.country).toBe('FR')
  fileOf('renewed.mmdb', 'garbage')
  expect(() => places.open()).toThrow(`cannot read GEO_DB "${path}": `)
  expect(places.locate?.('192.0.2.1')?.country).toBe('FR')
  expect(new Places(undefined).locate).toBeUndefined()
})
