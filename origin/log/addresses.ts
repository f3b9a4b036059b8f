import { createHmac, randomBytes } from 'node:crypto'
import type { LogRecord } from '@logtape/logtape'
import { networkOf } from '../../shared/http/address.ts'
import type { LogSettings } from '../config/xml/log-settings.ts'

/** bits of an address that stay when it is cut: a network of some hundred people, or of one site */
const keptBits = { ipv4: 24, ipv6: 48 } as const

/** An address without its end: `192.0.2.0` for 192.0.2.77, `2001:db8:1::` for 2001:db8:1:2::3. */
export const cutAddress = (address: string): string => networkOf(address, keptBits) ?? ''

/**
 * A name for an address that is the same for as long as the key is: who came twice can be told, who it was cannot. All
 * addresses of IPv4 could be tried against a hash, but not without the key.
 */
export const hashAddress = (address: string, key: Uint8Array): string =>
  createHmac('sha256', key).update(address).digest('hex').slice(0, 16)

/** Made at the start and kept nowhere: after a restart the same address has another name. */
const startKey = randomBytes(32)

/** What stands for an address in the logs. */
export function addressWriter(
  how: LogSettings['addresses'],
  key: Uint8Array = startKey,
): (address: string) => string {
  if (how === 'hashed') return (address) => hashAddress(address, key)
  return how === 'cut' ? cutAddress : (address) => address
}

/** A record whose address, where it has one, is written so. */
export function withAddress(record: LogRecord, write: (address: string) => string): LogRecord {
  const { address } = record.properties
  if (typeof address !== 'string') return record
  return { ...record, properties: { ...record.properties, address: write(address) } }
}
