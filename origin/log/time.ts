/** A moment in local time, in the parts that log files print. */
export interface WallTime {
  year: string
  month: string
  day: string
  clock: string
  /** `+0100` */
  zone: string
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
const two = (n: number) => String(n).padStart(2, '0')

/** @param offsetMinutes local time minus UTC; default: that of the machine at that moment */
export function wallTime(ms: number, offsetMinutes = -new Date(ms).getTimezoneOffset()): WallTime {
  const shifted = new Date(ms + offsetMinutes * 60_000).toISOString()
  const ahead = Math.abs(offsetMinutes)
  return {
    year: shifted.slice(0, 4),
    month: shifted.slice(5, 7),
    day: shifted.slice(8, 10),
    clock: shifted.slice(11, 19),
    zone: `${offsetMinutes < 0 ? '-' : '+'}${two(Math.floor(ahead / 60))}${two(ahead % 60)}`,
  }
}

/** `23/Nov/2026:01:54:14 +0000`, of access.log and playlist.log */
export const printAccessTime = ({ year, month, day, clock, zone }: WallTime): string =>
  `${day}/${months[Number(month) - 1]}/${year}:${clock} ${zone}`

/** `2026-11-23  01:54:14`, of error.log; the two spaces are Icecast's */
export const printErrorTime = ({ year, month, day, clock }: WallTime): string =>
  `${year}-${month}-${day}  ${clock}`

/** `20261123_015414`, behind the name of a file that was kept */
export const printArchiveTime = ({ year, month, day, clock }: WallTime): string =>
  `${year}${month}${day}_${clock.replaceAll(':', '')}`
