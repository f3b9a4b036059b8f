import { createHmac, randomBytes } from 'node:crypto'
import type { LogRecord } from '@logtape/logtape'
import { networkOf } from '../../shared/http/address.ts'
import type { LogSettings } from '../config/xml/log-settings.ts'

/** bits of an address that stay when it is cut: a network of some hundred people, or one site */
const keptBits = { ipv4: 24, ipv6: 48 } as const

/** An address without its end: `192.0.2.0` for 192.0.2.77, `2001:db8:1::` for 2001:db8:1:2::3. */
export const cutAddress = (address: string): string => networkOf(address, keptBits) ?? ''

/**
 * A pseudonym for an address, the same for as long as the key is: it shows that an address came twice, but not which one it
 * was. A plain hash could be reversed by trying all addresses of IPv4; the key prevents that.
 */
export const hashAddress = (address: string, key: Uint8Array): string =>
  createHmac('sha256', key).update(address).digest('hex').slice(0, 16)

/** Random at the start and never stored: after a restart the same address has another pseudonym. */
const startKey = randomBytes(32)

/** Writes addresses for the logs. */
export function addressWriter(
  how: LogSettings['addresses'],
  key: Uint8Array = startKey,
): (address: string) => string {
  if (how === 'hashed') return (address) => hashAddress(address, key)
  return how === 'cut' ? cutAddress : (address) => address
}

/** A record with its address, if it has one, written by `write`. */
export function withAddress(record: LogRecord, write: (address: string) => string): LogRecord {
  const { address } = record.properties
  if (typeof address !== 'string') return record
  return { ...record, properties: { ...record.properties, address: write(address) } }
}
