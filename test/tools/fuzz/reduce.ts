/** tries after which an input counts as small enough */
const triesMax = 3000

/** A smaller input that fails as well: spans are left out, from long ones to single bytes, then bytes become `a`. */
export async function reduced(
  input: Uint8Array,
  fails: (input: Uint8Array) => Promise<boolean>,
): Promise<Uint8Array> {
  let best = input
  let tries = 0
  const isBetter = async (each: Uint8Array) => {
    if (tries++ >= triesMax || !(await fails(each))) return false
    best = each
    return true
  }
  for (let size = Math.ceil(best.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2))
    for (let at = 0; at < best.length; ) {
      const without = Uint8Array.from([...best.subarray(0, at), ...best.subarray(at + size)])
      if (!(await isBetter(without))) at += size
    }
  for (let at = 0; at < best.length; at++) {
    if (best[at] === 0x61) continue
    await isBetter(best.with(at, 0x61))
  }
  return best
}
