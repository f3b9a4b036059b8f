/** Bytes and numbers at which readers go wrong. */
const oddBytes = [0, 1, 0x0a, 0x0d, 0x20, 0x25, 0x3a, 0x7f, 0x80, 0xc3, 0xff]
const oddNumbers = [
  '0',
  '-1',
  '1',
  '255',
  '65536',
  '2147483648',
  '4294967295',
  '9007199254740993',
  '1e9',
  '0x10',
  '007',
]

/** bytes beyond which an input does not grow: an hour should see many inputs */
export const inputBytesMax = 8192

/** What mutations are made of. */
export interface Stock {
  inputs: readonly Uint8Array[]
  tokens: readonly Uint8Array[]
  /** in [0, 1) */
  roll: () => number
}

/** Another input, by one to five changes of one that is there, half of the time one that joined lately. */
export function mutated(stock: Stock): Uint8Array {
  const { inputs, roll } = stock
  const late = roll() < 0.5 ? inputs.slice(-Math.ceil(inputs.length / 4)) : inputs
  let bytes = pick(late, roll) ?? new Uint8Array(0)
  const changes = roll() < 0.5 ? 1 : 1 + below(5, roll)
  for (let i = 0; i < changes; i++) bytes = (pick(mutations, stock.roll) ?? flipped)(bytes, stock)
  return bytes.slice(0, inputBytesMax)
}

type Mutation = (bytes: Uint8Array, stock: Stock) => Uint8Array

const below = (most: number, roll: () => number) => Math.floor(roll() * most)
const pick = <T>(from: readonly T[], roll: () => number): T | undefined => from[below(from.length, roll)]

/** Puts these bytes in place of the ones between two offsets. */
function spliced(bytes: Uint8Array, from: number, to: number, put: Uint8Array): Uint8Array {
  const all = new Uint8Array(from + put.length + bytes.length - to)
  all.set(bytes.subarray(0, from))
  all.set(put, from)
  all.set(bytes.subarray(to), from + put.length)
  return all
}

/** A span of the bytes, most often a short one. */
function span(bytes: Uint8Array, roll: () => number): [from: number, to: number] {
  const from = below(bytes.length + 1, roll)
  const longest = roll() < 0.8 ? 16 : bytes.length
  return [from, Math.min(bytes.length, from + below(longest + 1, roll))]
}

const flipped: Mutation = (bytes, { roll }) => {
  const copy = bytes.slice()
  const at = below(copy.length, roll)
  if (copy.length > 0) copy[at] = (copy[at] ?? 0) ^ (1 << below(8, roll))
  return copy
}

const odd: Mutation = (bytes, { roll }) => {
  const at = below(bytes.length, roll)
  const byte = Uint8Array.of(roll() < 0.5 ? below(256, roll) : (pick(oddBytes, roll) ?? 0))
  return spliced(bytes, at, Math.min(bytes.length, at + below(2, roll)), byte)
}

const token: Mutation = (bytes, { roll, tokens }) => {
  const [from, to] = span(bytes, roll)
  return spliced(bytes, from, roll() < 0.5 ? from : to, pick(tokens, roll) ?? new Uint8Array(0))
}

const removed: Mutation = (bytes, { roll }) => {
  const [from, to] = span(bytes, roll)
  return spliced(bytes, from, to, new Uint8Array(0))
}

/** A span again, at times many times: bounds are found so. */
const repeated: Mutation = (bytes, { roll }) => {
  const [from, to] = span(bytes, roll)
  const times = roll() < 0.2 ? below(inputBytesMax / Math.max(1, to - from), roll) : 1
  const part = bytes.subarray(from, to)
  const many = new Uint8Array(Math.min(inputBytesMax, part.length * times))
  for (let at = 0; at < many.length; at += part.length) many.set(part.subarray(0, many.length - at), at)
  return spliced(bytes, to, to, many)
}

const moved: Mutation = (bytes, { roll }) => {
  const [from, to] = span(bytes, roll)
  const rest = spliced(bytes, from, to, new Uint8Array(0))
  const at = below(rest.length + 1, roll)
  return spliced(rest, at, at, bytes.subarray(from, to))
}

/** The beginning of one and the end of another. */
const crossed: Mutation = (bytes, { roll, inputs }) => {
  const other = pick(inputs, roll) ?? bytes
  const from = below(other.length + 1, roll)
  return spliced(bytes, below(bytes.length + 1, roll), bytes.length, other.subarray(from))
}

/** Another number in place of one that is written in digits. */
const renumbered: Mutation = (bytes, { roll }) => {
  const start = below(bytes.length, roll)
  const isDigit = (at: number) => (bytes[at] ?? 0) >= 0x30 && (bytes[at] ?? 0) <= 0x39
  let from = start
  while (from < bytes.length && !isDigit(from)) from++
  let to = from
  while (isDigit(to)) to++
  return spliced(bytes, from, to, Uint8Array.from(Buffer.from(pick(oddNumbers, roll) ?? '')))
}

const cut: Mutation = (bytes, { roll }) => bytes.slice(0, below(bytes.length + 1, roll))

const mutations: readonly Mutation[] = [
  flipped,
  odd,
  token,
  token,
  removed,
  repeated,
  moved,
  crossed,
  renumbered,
  cut,
]
