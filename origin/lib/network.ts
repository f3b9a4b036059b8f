import { networkOf } from '../../shared/http/address.ts'

/**
 * The network of a client: the /24 of an IPv4 address, the /64 of an IPv6 address. One party often has many addresses of
 * one network, so a bound per network cannot be evaded by using the next address.
 */
export const networkOfPeer = (address: string): string =>
  networkOf(address, { ipv4: 24, ipv6: 64 }) ?? address
