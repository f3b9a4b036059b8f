import { networkOf } from '../../shared/http/address.ts'

/**
 * What one party has many addresses of: of IPv4 the /24, of IPv6 the /64 of one line. A bound for each network is one
 * that a party cannot get round by taking the next address.
 */
export const networkOfPeer = (address: string): string =>
  networkOf(address, { ipv4: 24, ipv6: 64 }) ?? address
