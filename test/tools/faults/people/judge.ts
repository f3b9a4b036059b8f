import type { Allowed } from '../cluster.ts'
import type { Break, Silence } from './seen.ts'

/** gaps are heard later than they arise, by what a listener's connection has buffered, in ms */
const heardLateMs = 5000
/** ms by which the time of a frame, or the end of a full buffer, may be early */
const earlyMs = 5000

/**
 * The breaks and silences that no fault explains.
 * @param sentAtMs when the source sent a frame
 * @param waitedMs how long a program waited for a processor between two moments: a silence that is not longer is the machine's
 */
export function unexpected(
  { breaks, silences }: { breaks: readonly Break[]; silences: readonly Silence[] },
  allowed: readonly Allowed[],
  sentAtMs: (n: number) => number,
  waitedMs: (fromMs: number, toMs: number) => number = () => 0,
): { breaks: Break[]; silences: Silence[] } {
  const during = ({ fromMs, untilMs }: Allowed, sinceMs: number, toMs: number) =>
    toMs >= fromMs && sinceMs <= untilMs + heardLateMs
  /** Whether a fault explains a break of a listener by HLS: the frames were sent meanwhile, however late they are heard. */
  const explainsHls = (each: Allowed, { after, next, what }: Break) =>
    during(each, sentAtMs(Math.min(after, next)), sentAtMs(Math.max(after, next)) + earlyMs) &&
    (each.hlsFramesMax === undefined
      ? each.hosts === undefined && next > after && what === undefined
      : Math.abs(next - after - 1) <= each.hlsFramesMax)
  /** gaps of each connection that a fault explains */
  const explained = new Map<Allowed, Map<number, number>>()
  /** Whether a fault explains a gap of the plain mount: it is heard meanwhile, and all that is missing was sent meanwhile. */
  const explains = (each: Allowed, { host, atMs, after, next, connection }: Break) => {
    const isThere = each.hlsFramesMax === undefined && (each.hosts?.includes(host) ?? true)
    const [first, last] = [Math.min(after + 1, next), Math.max(after, next - 1)]
    const isSent = sentAtMs(first) >= each.fromMs - earlyMs && sentAtMs(last) <= each.untilMs + heardLateMs
    if (!isThere || !isSent || !during(each, atMs, atMs)) return false
    if (each.gapsMax === undefined || connection === undefined) return true
    const counts = explained.get(each) ?? new Map<number, number>()
    explained.set(each, counts)
    const count = (counts.get(connection) ?? 0) + 1
    counts.set(connection, count)
    return count <= each.gapsMax
  }
  return {
    breaks: breaks.filter(
      (seen) => !allowed.some((each) => (seen.isHls ? explainsHls(each, seen) : explains(each, seen))),
    ),
    // a buffer that was long enough until a fault may be used up long after it, and is not filled again
    silences: silences.filter(
      ({ fullMs, fromMs, forMs }) =>
        forMs > waitedMs(fullMs, fromMs + forMs) &&
        !allowed.some(
          (each) => !each.hosts && each.hlsFramesMax === undefined && during(each, fullMs - earlyMs, fromMs),
        ),
    ),
  }
}
