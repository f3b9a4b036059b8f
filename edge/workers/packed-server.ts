import type { Server } from '../../shared/draw/server.ts'
import { isSameAbout } from '../../shared/report/about-mount.ts'
import type { MountReport, Report } from '../../shared/report/report.ts'

/** The mounts of a server: the part of each that seldom changes. */
export type Carriage = readonly Pick<MountReport, 'mount' | 'max' | 'contentType' | 'about'>[]

/** numbers a mount in {@link PackedServer.loads} */
const loadWidth = 3

/**
 * A server as sent to an isolate. The numbers that change with each report (loads) are separate from the part that seldom
 * changes, so that a thousand mounts on a hundred servers are a few hundred kilobytes of numbers instead of objects.
 */
export interface PackedServer {
  /** its report without mounts */
  server: Server
  /** listeners, kbit/s and joins of each mount, in the order of the carriage */
  loads: Float64Array
  /** left out if the isolate has it */
  carriage: Carriage | undefined
}

export const carriageOf = ({ mounts }: Report): Carriage =>
  mounts.map(({ mount, max, contentType, about }) => ({ mount, max, contentType, ...(about && { about }) }))

/** Whether two reports differ only in loads. */
export const isSameCarriage = (a: Report, b: Report): boolean =>
  a.mounts.length === b.mounts.length &&
  a.mounts.every((each, i) => {
    const other = b.mounts[i]
    return (
      each.mount === other?.mount &&
      each.max === other.max &&
      each.contentType === other.contentType &&
      isSameAbout(each.about, other.about)
    )
  })

/** Packs a server; with its carriage only if requested. {@link unpack} restores it. */
export function pack(server: Server, withCarriage: boolean): PackedServer {
  const { mounts } = server.report
  const loads = new Float64Array(mounts.length * loadWidth)
  for (const [i, { listeners, kbps, joins }] of mounts.entries())
    loads.set([listeners, kbps, joins], i * loadWidth)
  return {
    server: { ...server, report: { ...server.report, mounts: [] } },
    loads,
    carriage: withCarriage ? carriageOf(server.report) : undefined,
  }
}

/** Restores the server; undefined if the loads are not those of this `carriage`. */
export function unpack({ server, loads }: PackedServer, carriage: Carriage): Server | undefined {
  if (loads.length !== carriage.length * loadWidth) return undefined
  const mounts = carriage.map((each, i): MountReport => {
    const [listeners = 0, kbps = 0, joins = 0] = loads.subarray(i * loadWidth, (i + 1) * loadWidth)
    return { ...each, listeners, kbps, joins }
  })
  return { ...server, report: { ...server.report, mounts } }
}
