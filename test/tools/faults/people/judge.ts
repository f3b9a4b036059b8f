import type { Allowed } from '../cluster.ts'
import type { Break, Silence } from './seen.ts'

/** gaps are heard later than they arise, by what a listener's connection has buffered, in ms */
const heardLateMs = 5000
/** ms by which the time of a frame, or the end of a full buffer, may be early */
const earlyMs = 5000

/** The breaks and silences that no fault explains. @param sentAtMs when the source sent a frame */
export function unexpected(
  { breaks, silences }: { breaks: readonly Break[]; silences: readonly Silence[] },
  allowed: readonly Allowed[],
  sentAtMs: (n: number) => number,
): { breaks: Break[]; silences: Silence[] } {
  const during = ({ fromMs, untilMs }: Allowed, sinceMs: number, toMs: number) =>
    toMs >= fromMs && sinceMs <= untilMs + heardLateMs
  /** Whether a fault explains a break of a listener by HLS: the frames were sent meanwhile, however late they are heard. */
  const explainsHls = (each: Allowed, { after, next, what }: Break) =>
    during(each, sentAtMs(Math.min(after, next)), sentAtMs(Math.max(after, next)) + earlyMs) &&
    (each.hlsFramesMax === undefined
      ? each.hosts === undefined && next > after && what === undefined
      : Math.abs(next - after - 1) <= each.hlsFramesMax)
  const explains = (each: Allowed, { host, atMs }: Break) =>
    during(each, atMs, atMs) && each.hlsFramesMax === undefined && (each.hosts?.includes(host) ?? true)
  return {
    breaks: breaks.filter(
      (seen) => !allowed.some((each) => (seen.isHls ? explainsHls(each, seen) : explains(each, seen))),
    ),
    // a buffer that was long enough until a fault may be used up long after it, and is not filled again
    silences: silences.filter(
      ({ fullMs, fromMs }) =>
        !allowed.some(
          (each) => !each.hosts && each.hlsFramesMax === undefined && during(each, fullMs - earlyMs, fromMs),
        ),
    ),
  }
}
