import { deepStrictEqual } from 'node:assert/strict'
import { cutInto } from '../../kit/audio/framing.ts'

/** bytes up to which an input is cut at every place: beyond, that is too much work */
const everyCutBytesMax = 24
const cutsOfLonger = 5

/** Reads the input as a whole, byte by byte, in pieces of several sizes, and cut once at many places: all have to give the same. */
export function sameHoweverCut(input: Uint8Array, read: (pieces: readonly Uint8Array[]) => unknown): void {
  const whole = read([input])
  const cutAt = (at: number) => read([input.subarray(0, at), input.subarray(at)])
  const check = (read: unknown, how: string) => deepStrictEqual(read, whole, `read otherwise ${how}`)
  for (const sizes of [[1], [7], [1, 300, 2]]) check(read(cutInto(input, ...sizes)), `in pieces of ${sizes}`)
  const step = input.length <= everyCutBytesMax ? 1 : Math.ceil(input.length / cutsOfLonger)
  for (let at = 0; at <= input.length; at += step) check(cutAt(at), `cut at ${at}`)
}
