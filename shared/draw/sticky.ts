/**
 * Apple's players send a probe for `bytes=0-1` first, then the real request, and both have to reach the same server. So
 * their rolls are derived from listener, mount and minute instead of the dice.
 */

/** Whether a request may belong to such a pair. */
export const isSticky = (range: string | null | undefined, userAgent: string | null | undefined): boolean =>
  isRangeProbe(range) || (userAgent?.startsWith('AppleCoreMedia') ?? false)

/** Whether a request only probes the server; it is answered like a listener's, and not debited. */
export const isRangeProbe = (range: string | null | undefined): boolean => range === 'bytes=0-1'

const minuteMs = 60_000

/** Rolls in [0, 1) that are the same for the same listener, mount and minute; across listeners they are as uniform as dice. */
export function stickyRoll(address: string, userAgent: string, mount: string, nowMs: number): () => number {
  let state = hash(`${address}\n${userAgent}\n${mount}\n${Math.floor(nowMs / minuteMs)}`)
  return () => {
    state = (state + 0x9e3779b9) >>> 0
    return mix(state) / 4294967296
  }
}

/** FNV-1a over UTF-16 units, 32 bits; its high bits are uneven, which {@link mix} corrects. */
function hash(text: string): number {
  let h = 0x811c9dc5
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193)
  return h >>> 0
}

/** The finalizer of MurmurHash3 (Appleby): each bit of the input flips each bit of the output half the time. */
export function mix(value: number): number {
  let h = value
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return (h ^ (h >>> 16)) >>> 0
}
