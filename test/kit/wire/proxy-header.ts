const signature = [0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a]

interface BinaryHeader {
  /** 0x21 is version 2 with an address, 0x20 the proxy's own connection */
  command?: number
  /** 0x11 is TCP over IPv4, 0x21 over IPv6 */
  family?: number
  /** bytes of both addresses and both ports */
  addresses?: readonly number[]
  /** type and content of each record after them */
  records?: readonly (readonly [type: number, ...content: number[]])[]
  /** what the header says about its length; the length that it has, if it is not given */
  length?: number
}

/** 192.0.2.9:56324 asks 198.51.100.1:8000 */
const fromExample = [192, 0, 2, 9, 198, 51, 100, 1, 0xdc, 0x04, 0x1f, 0x40]

/** A PROXY header of version 2. */
export function binaryProxyHeader({
  command = 0x21,
  family = 0x11,
  addresses = fromExample,
  records = [],
  length,
}: BinaryHeader = {}): Buffer {
  const told = records.flatMap(([type, ...content]) => [
    type,
    content.length >> 8,
    content.length & 255,
    ...content,
  ])
  const after = [...addresses, ...told]
  const said = length ?? after.length
  return Buffer.from([...signature, command, family, said >> 8, said & 255, ...after])
}

/** The record by which a proxy says that its client used TLS. */
export const tlsRecord = [0x20, 1, 0, 0, 0, 0] as const
