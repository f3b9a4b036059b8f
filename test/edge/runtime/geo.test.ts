import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { openGeo, Places } from '../../../edge/runtime/geo.ts'
import { writeMmdb } from '../../kit/mmdb.ts'

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
  expect(() => places.open()).toThrow(`GEO_DB is "${path}"`)
  expect(places.locate?.('192.0.2.1')?.country).toBe('FR')
  expect(new Places(undefined).locate).toBeUndefined()
})
