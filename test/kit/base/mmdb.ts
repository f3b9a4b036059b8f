/** A value of MaxMind's format; numbers with a fraction are doubles, whole ones uint32. */
type Value = string | number | Value[] | { [key: string]: Value }

/** IPv4 networks stand in the tree at ::/96. */
const ipv4Depth = 96

/**
 * Writes a small database in MaxMind's format (version 2.0 of its specification): IPv4 networks to what is known of them.
 * @param networks by CIDR, none inside another
 */
export function writeMmdb(networks: Record<string, Value>): Uint8Array {
  const nodes: [number, number][] = [[0, 0]]
  const data: number[] = []
  const leaves: { node: number; side: 0 | 1; offset: number }[] = []
  for (const [cidr, value] of Object.entries(networks)) {
    const bits = bitsOf(cidr)
    let node = 0
    for (const side of bits.slice(0, -1)) {
      const branch = nodes[node] ?? [0, 0]
      if (branch[side] === 0) branch[side] = nodes.push([0, 0]) - 1
      node = branch[side]
    }
    leaves.push({ node, side: bits.at(-1) ?? 0, offset: data.length })
    data.push(...encode(value))
  }
  const tree = new Uint8Array(nodes.length * 8)
  const view = new DataView(tree.buffer)
  for (const [i, branch] of nodes.entries())
    for (const side of [0, 1] as const) view.setUint32(i * 8 + side * 4, branch[side] || nodes.length)
  for (const { node, side, offset } of leaves) view.setUint32(node * 8 + side * 4, nodes.length + 16 + offset)
  return Uint8Array.from([...tree, ...new Array(16).fill(0), ...data, ...metadata(nodes.length)])
}

function bitsOf(cidr: string): (0 | 1)[] {
  const [address = '', length = '32'] = cidr.split('/')
  const bits = address.split('.').flatMap((byte) => [...Number(byte).toString(2).padStart(8, '0')])
  const all = [...new Array(ipv4Depth).fill('0'), ...bits.slice(0, Number(length))]
  return all.map((bit) => (bit === '1' ? 1 : 0))
}

const metadata = (nodeCount: number) => [
  0xab,
  0xcd,
  0xef,
  ...new TextEncoder().encode('MaxMind.com'),
  ...encode({
    node_count: nodeCount,
    record_size: 32,
    ip_version: 6,
    database_type: 'Test-City',
    languages: ['en'],
    binary_format_major_version: 2,
    binary_format_minor_version: 0,
    build_epoch: 1,
    description: { en: 'networks of a test' },
  }),
]

function encode(value: Value): number[] {
  if (typeof value === 'string') return [...control(2, value.length), ...new TextEncoder().encode(value)]
  if (Array.isArray(value)) return [...control(11, value.length), ...value.flatMap(encode)]
  if (typeof value === 'object') {
    const entries = Object.entries(value)
    return [
      ...control(7, entries.length),
      ...entries.flatMap(([key, each]) => [...encode(key), ...encode(each)]),
    ]
  }
  const bytes = new DataView(new ArrayBuffer(8))
  if (Number.isInteger(value)) {
    bytes.setUint32(0, value)
    return [...control(6, 4), ...new Uint8Array(bytes.buffer, 0, 4)]
  }
  bytes.setFloat64(0, value)
  return [...control(3, 8), ...new Uint8Array(bytes.buffer)]
}

/** Types above 7 take a byte of their own; no value here is longer than 28. */
const control = (type: number, size: number) => (type > 7 ? [size, type - 7] : [(type << 5) | size])
