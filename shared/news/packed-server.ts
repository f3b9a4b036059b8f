import type { Server } from '../draw/server.ts'
import { type AboutMount, isSameAbout } from '../report/about-mount.ts'
import { PackedMounts } from '../report/mount-list.ts'
import type { MountList, MountReport, Report } from '../report/report.ts'
import { type ByteReader, ByteWriter } from './byte-io.ts'

// A server as bytes. The numbers that change with each report (loads) are separate from the part that seldom changes (still), so
// that a report of ten mounts is about a hundred bytes of news.

/** What a record says of its server, as its first number. */
export const kinds = { still: 0, loads: 1, debit: 2, removed: 3 } as const

type OwnStill = Omit<Server, 'report' | 'receivedAtMs' | 'factor' | 'debit' | 'debitKbps' | 'heldUntilMs'>
type SaidStill = Omit<Report, 'seq' | 'listeners' | 'hlsListeners' | 'bandwidth' | 'joins' | 'mounts'>
type MountStill = Omit<MountReport, 'listeners' | 'kbps' | 'joins'>

/** The part of a server that seldom changes. */
export interface Still {
  own: OwnStill
  said: SaidStill
  mounts: readonly MountStill[]
}

/** All of that part except its mounts, as a text that is the same as long as nothing of it changes. */
export function stillTextOf(server: Server): string {
  const { report, receivedAtMs, factor, debit, debitKbps, heldUntilMs, ...own } = server
  const { seq, listeners, hlsListeners, bandwidth, joins, mounts, ...said } = report
  return JSON.stringify({ own, said })
}

/** Whether two lists of mounts differ only in loads. */
export const isSameCarriage = (a: MountList, b: MountList): boolean =>
  a === b || (a instanceof PackedMounts && a.isAlike(b) ? a.hasSameMaxima(b) : isSameEach(a, b))

const isSameEach = (a: MountList, b: MountList): boolean =>
  a.length === b.length &&
  a.every((each, i) => {
    const other = b.at(i)
    return (
      each === other ||
      (each.mount === other?.mount &&
        each.max === other.max &&
        each.contentType === other.contentType &&
        isSameAbout(each.about, other.about))
    )
  })

/** of a record of {@link packLoads}, after kind and number */
const numbersBeforeMounts = 10

const writer = new ByteWriter()

/** @param text {@link stillTextOf} the server */
export function packStill(number: number, text: string, { report }: Server): Uint8Array<ArrayBuffer> {
  writer.number(kinds.still).number(number).text(text).number(report.mounts.length)
  let lastType: string | undefined
  for (const { mount, max, contentType, about } of report.mounts) {
    writer.text(mount).number(max ?? undefined)
    // most mounts of a server are of one type
    if (contentType === lastType) writer.number(undefined)
    else writer.number(0).text(contentType)
    writer.text(about === undefined ? '' : JSON.stringify(about))
    lastType = contentType
  }
  return writer.take()
}

export function packLoads(number: number, server: Server): Uint8Array<ArrayBuffer> {
  const { seq, listeners, hlsListeners, bandwidth, joins, mounts } = server.report
  writer.number(kinds.loads).number(number)
  writer.number(server.receivedAtMs).number(server.factor)
  writer.number(server.heldUntilMs === Number.NEGATIVE_INFINITY ? undefined : server.heldUntilMs)
  writer.number(server.debit).number(server.debitKbps)
  writer.number(seq).number(listeners).number(hlsListeners).number(bandwidth).number(joins)
  writer.number(mounts.length)
  for (const mount of mounts) writer.number(mount.listeners).number(mount.kbps).number(mount.joins)
  return writer.take()
}

export const packDebit = (number: number, { debit, debitKbps }: Server): Uint8Array<ArrayBuffer> =>
  writer.number(kinds.debit).number(number).number(debit).number(debitKbps).take()

export const packRemoved = (number: number): Uint8Array<ArrayBuffer> =>
  writer.number(kinds.removed).number(number).take()

/** Reads the rest of a record of {@link packStill}, after kind and number. @param shared returns the one copy of a text that many servers have */
export function readStill(reader: ByteReader, shared: (text: string) => string): Still {
  const { own, said } = JSON.parse(reader.text()) as Pick<Still, 'own' | 'said'>
  let lastType = ''
  const mounts = Array.from({ length: reader.number() }, (): MountStill => {
    const mount = shared(reader.text()) as MountStill['mount']
    const max = reader.optional() ?? null
    const contentType = reader.optional() === undefined ? lastType : shared(reader.text())
    const about = reader.text()
    lastType = contentType
    return { mount, max, contentType, ...(about !== '' && { about: JSON.parse(about) as AboutMount }) }
  })
  return { own, said, mounts }
}

/**
 * Reads the rest of a record of {@link packLoads}: the server. A mount whose loads are as they were in the server's last
 * record is the same object, so that a view does not look at it again.
 * @param last that server, if it was read with the same still part
 */
export function readLoads(
  reader: ByteReader,
  { own, said, mounts }: Still,
  last: Server | undefined,
): Server {
  const receivedAtMs = reader.number()
  const factor = reader.number()
  const heldUntilMs = reader.optional() ?? Number.NEGATIVE_INFINITY
  const debit = reader.number()
  const debitKbps = reader.number()
  const seq = reader.optional()
  const listeners = reader.number()
  const hlsListeners = reader.optional()
  const bandwidth = reader.optional()
  const joins = reader.optional()
  const count = reader.number()
  if (count !== mounts.length)
    throw new RangeError(`loads of ${count} mounts of ${said.id}, expected ${mounts.length}`)
  const before = last?.report.mounts
  const loaded = mounts.map((still, i) => readMount(reader, still, before?.at(i)))
  const report: Report = { ...said, seq, listeners, hlsListeners, bandwidth, joins, mounts: loaded }
  // first what a draw needs, so that the engine stores it in the object itself
  return { factor, debit, debitKbps, heldUntilMs, report, receivedAtMs, ...own }
}

/** Reads past the rest of such a record. */
export function skipLoads(reader: ByteReader): void {
  for (let i = 0; i < numbersBeforeMounts; i++) reader.optional()
  const count = reader.number()
  for (let i = 0; i < 3 * count; i++) reader.number()
}

function readMount(reader: ByteReader, still: MountStill, last: MountReport | undefined): MountReport {
  const listeners = reader.number()
  const kbps = reader.number()
  const joins = reader.number()
  const isSame = last?.listeners === listeners && last.kbps === kbps && last.joins === joins
  return isSame ? last : { ...still, listeners, kbps, joins }
}
