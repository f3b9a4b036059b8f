import * as v from 'valibot'
import { limits } from '../limits.ts'
import { type Mount, printMount } from '../mount.ts'
import { ownText } from '../own-text.ts'
import { trimmed } from '../trim.ts'
import { type AboutMount, parseAbout, printAbout } from './about-mount.ts'
import { keptIfSame } from './mount-changes.ts'
import { KnownLines } from './mount-lines.ts'
import {
  HeaderSchema,
  IdSchema,
  idOf,
  MountLineSchema,
  type MountList,
  type MountReport,
  type Report,
} from './report.ts'

/** A malformed report: the line (counted from 1), what was found there and what was expected. */
export class SourcelistError extends Error {
  override name = 'SourcelistError'
  constructor(line: number, message: string) {
    super(`line ${line}: ${message}`)
  }
}

/** Text from outside made safe for a message: short, and on a single line. */
const quote = (text: string) => JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text)

/**
 * Parses the text of `sourcelist.txt` (docs/sourcelist.md, after the patch of 2004).
 * The form is strict, so that a truncated report is always rejected; unknown names are ignored.
 * Throws {@link SourcelistError}.
 * @param known from earlier reports: the mounts are equal, and packed where another server carries the same
 */
export function parseSourcelist(text: string, known: KnownLines = new KnownLines()): Report {
  if (!text.endsWith('\n'))
    throw new SourcelistError(text.split('\n').length, 'expected the last line to end in LF')
  const blankAt = text.indexOf('\n\n')
  const isPlain = blankAt > 0 && !text.startsWith('\n') && !text.includes('\r')
  if (!isPlain) return readLines(text, known)
  const header = parseHeader(text.slice(0, blankAt).split('\n'))
  const mounts = known.fleet.read(text, blankAt + 2, header.mounts, known.mountsOf(header.id))
  return mounts ? reportOf(header, mounts) : readLines(text, known, header)
}

/** Reads a report line by line. @param parsed its header, if that was parsed already */
function readLines(text: string, known: KnownLines, parsed?: Header): Report {
  const lines = text.slice(0, -1).split('\n')
  if (text.includes('\r'))
    for (const [i, line] of lines.entries()) if (line.endsWith('\r')) lines[i] = line.slice(0, -1)
  const blank = lines.indexOf('')
  if (blank < 0) throw new SourcelistError(lines.length + 1, 'expected a blank line after the header')
  const header = parsed ?? parseHeader(lines.slice(0, blank))
  const { mounts: expected } = header
  const blocks = blocksOf(lines, blank + 1)
  const found = blocks.length
  if (found !== expected)
    throw new SourcelistError(
      lines.length,
      `${found} mount lines, expected the ${expected} that the header promises`,
    )
  const last = known.mountsOf(header.id)
  const mounts = blocks.map((block, i) => readBlock(block, last.at(i), known))
  if (!known.hadNames(mounts, last)) refuseTwice(mounts, blocks)
  known.learnNames(mounts, lines.slice(blank + 1))
  return reportOf(header, mounts)
}

function reportOf(header: Header, mounts: MountList): Report {
  return {
    id: header.id,
    boot: header.boot,
    seq: header.seq,
    role: header.role,
    urls: header.url,
    interval: header.interval,
    maxListeners: header['max-listeners'],
    listeners: header.listeners,
    hlsListeners: header['hls-listeners'],
    maxBandwidth: header['max-bandwidth'],
    bandwidth: header.bandwidth,
    joins: header.joins,
    state: header.state,
    location: header.location,
    countries: header.countries,
    mounts,
  }
}

/** The id and role that a text claims, even if it is malformed: credentials are checked before the rest of the report. */
export function claimOf(text: string): { id: string | undefined; role: string | undefined } {
  const lines = text.split('\n').map((line) => line.trim())
  const blank = lines.indexOf('')
  const header = blank < 0 ? lines : lines.slice(0, blank)
  const field = (name: string) =>
    header
      .find((line) => line.toLowerCase().startsWith(`${name}:`))
      ?.slice(name.length + 1)
      .trim()
  return { id: field('id'), role: field('role') }
}

/** A name above the blank line: visible ASCII without a colon. */
const headerName = /^[!-9;-~]+$/
const tooManyUrls = `no usable url, expected at most ${limits.reportUrlsMax} of them`

/** The header before validation: values by name, and the line of each. */
interface Fields {
  values: Record<string, string | string[]>
  lineOf: Record<string, number>
  urls: string[]
}

function readFields(lines: string[]): Fields {
  const values: Fields['values'] = Object.create(null)
  const lineOf: Fields['lineOf'] = Object.create(null)
  const urls: string[] = []
  for (const [i, line] of lines.entries()) {
    const { key, value } = parseField(line, i + 1)
    if (key === 'url' && urls.length === limits.reportUrlsMax) throw new SourcelistError(i + 1, tooManyUrls)
    if (key === 'url') urls.push(value)
    else if (key in values) throw new SourcelistError(i + 1, `${key} appears twice, expected it once`)
    else values[key] = value
    lineOf[key === 'url' ? `url.${urls.length - 1}` : key] = i + 1
  }
  if (urls.length > 0) values.url = urls
  return { values, lineOf, urls }
}

type Header = v.InferOutput<typeof HeaderSchema> & { id: string }

function parseHeader(lines: string[]): Header {
  const { values, lineOf, urls } = readFields(lines)
  const parsed = v.safeParse(HeaderSchema, values, { abortEarly: true })
  if (parsed.success) {
    const { id = idOf(parsed.output.url[0] ?? '') } = parsed.output
    if (v.is(IdSchema, id)) return { ...parsed.output, id }
    const said = `url is ${quote(urls[0] ?? '')}, which cannot serve as an id; expected "id: …"`
    throw new SourcelistError(lineOf['url.0'] ?? 1, said)
  }
  const path = v.getDotPath(parsed.issues[0]) ?? ''
  const [name = ''] = path.split('.')
  const given = path.startsWith('url.') ? urls[Number(path.slice(4))] : values[name]
  const said = typeof given === 'string' ? `${name} is ${quote(given)}` : `no usable ${name}`
  const line = lineOf[path] ?? lineOf[name] ?? lines.length + 1
  const expected = typeof given === 'undefined' ? `expected "${name}: …"` : parsed.issues[0].message
  throw new SourcelistError(line, `${said}, ${expected}`)
}

function parseMountLine(line: string, number: number): MountReport {
  const [, mount, listeners, max, kbps, joins, contentType = ''] =
    /^(\S+) (\S+) (\S+) (\S+) (\S+)(?: (.*))?$/s.exec(line) ?? []
  if (mount === undefined)
    throw new SourcelistError(
      number,
      `${quote(line)}, expected "mount listeners max kbit/s joins content-type"`,
    )
  const fields = { mount, listeners, max, kbps, joins, contentType: contentType.trim() }
  const parsed = v.safeParse(MountLineSchema, fields, { abortEarly: true })
  if (parsed.success) return parsed.output
  const name = (v.getDotPath(parsed.issues[0]) ?? 'mount') as keyof typeof fields
  throw new SourcelistError(number, `${name} is ${quote(fields[name] ?? '')}, ${parsed.issues[0].message}`)
}

function refuseTwice(mounts: readonly MountReport[], blocks: readonly Block[]): void {
  const seen = new Set<Mount>()
  for (const [i, { mount }] of mounts.entries()) {
    if (seen.has(mount))
      throw new SourcelistError(blocks[i]?.number ?? 0, `${mount} appears twice, expected it once`)
    seen.add(mount)
  }
}

/** A mount's line, its number in the report, and the lines about it that follow; undefined: none. */
interface Block {
  line: string
  number: number
  about: { line: string; number: number }[] | undefined
}

/** Groups the lines below the header: lines that begin with one space are about the mount above them. */
function blocksOf(lines: readonly string[], first: number): Block[] {
  const blocks: Block[] = []
  for (let i = first; i < lines.length; i++) {
    const line = lines[i] ?? ''
    const last = blocks.at(-1)
    if (!line.startsWith(' ')) blocks.push({ line, number: i + 1, about: undefined })
    else if (!last) throw new SourcelistError(i + 1, `${quote(line)}, expected a mount's line before it`)
    else if (last.about?.length === limits.aboutLinesMax)
      throw new SourcelistError(
        i + 1,
        `too many lines about one mount, expected at most ${limits.aboutLinesMax}`,
      )
    else {
      last.about ??= []
      last.about.push({ line: line.slice(1), number: i + 1 })
    }
  }
  return blocks
}

/** Reads a mount with the lines about it. @param last what the report before said in the same place */
function readBlock(
  { line, number, about }: Block,
  last: MountReport | undefined,
  known: KnownLines,
): MountReport {
  const mount = known.read(line) ?? known.learn(line, parseMountLine(line, number))
  if (about === undefined) return keptIfSame(last, mount)
  const text = about.map((each) => each.line).join('\n')
  let parsed = known.aboutOf(last, text)
  if (!parsed) {
    parsed = parseAboutLines(about)
    // lines of a newer version say nothing that is known here
    if (Object.keys(parsed).length === 0) return keptIfSame(last, mount)
    known.learnAbout(parsed, text)
  }
  return keptIfSame(last, { ...mount, about: parsed })
}

function parseAboutLines(lines: NonNullable<Block['about']>): AboutMount {
  const fields: Record<string, string> = Object.create(null)
  const numbers: Record<string, number> = Object.create(null)
  for (const { line, number } of lines) {
    const { key, value } = parseField(line, number)
    if (key in fields) throw new SourcelistError(number, `${key} appears twice, expected it once`)
    // it may be kept for much longer than the report that it came with
    fields[key] = ownText(value)
    numbers[key] = number
  }
  const about = parseAbout(fields)
  if ('expected' in about)
    throw new SourcelistError(
      numbers[about.name] ?? 0,
      `${about.name} is ${quote(fields[about.name] ?? '')}, ${about.expected}`,
    )
  return about
}

/** Parses `name: value`; the name in lower case. */
function parseField(line: string, number: number): { key: string; value: string } {
  const colon = line.indexOf(':')
  const name = line.slice(0, Math.max(0, colon))
  if (!headerName.test(name)) throw new SourcelistError(number, `${quote(line)}, expected "name: value"`)
  return { key: name.toLowerCase(), value: trimmed(line.slice(colon + 1), ' \t') }
}

/** The text that {@link parseSourcelist} parses back to the same report; ends in LF. */
export function printSourcelist(report: Report): string {
  const lines = ['sourcelist: 1', `id: ${report.id}`]
  const add = (name: string, value: string | number | undefined) =>
    value !== undefined && lines.push(`${name}: ${value}`)
  add('boot', report.boot)
  add('seq', report.seq)
  add('role', report.role)
  for (const url of report.urls) add('url', url)
  add('interval', report.interval)
  add('max-listeners', report.maxListeners)
  add('listeners', report.listeners)
  add('hls-listeners', report.hlsListeners)
  add('max-bandwidth', report.maxBandwidth)
  add('bandwidth', report.bandwidth)
  add('joins', report.joins)
  add('state', report.state)
  add('location', report.location && `${report.location.latitude},${report.location.longitude}`)
  add('countries', report.countries && printCountries(report.countries))
  add('mounts', report.mounts.length)
  lines.push('')
  for (const mount of report.mounts) {
    lines.push(printMountLine(mount))
    if (mount.about) lines.push(...printAbout(mount.about))
  }
  return `${lines.join('\n')}\n`
}

/**
 * A report whose text has at most `bytesMax` bytes, provided that its counts alone fit. If it is too long, it keeps only title,
 * artist and flags of each mount, then only the flags. Counts are always kept.
 */
export function fitting(report: Report, bytesMax: number): Report {
  const keeping = (keep: (about: AboutMount) => AboutMount): Report => ({
    ...report,
    mounts: report.mounts.map((mount) => (mount.about ? { ...mount, about: keep(mount.about) } : mount)),
  })
  const fits = (candidate: Report) => encoder.encode(printSourcelist(candidate)).length <= bytesMax
  if (fits(report)) return report
  const shorter = keeping(whatPlays)
  return fits(shorter) ? shorter : keeping(flagsAlone)
}

const encoder = new TextEncoder()
const flagsAlone = ({ hidden, noMount }: AboutMount): AboutMount => ({ hidden, noMount })
const whatPlays = ({ title, artist, hidden, noMount }: AboutMount): AboutMount => ({
  title,
  artist,
  hidden,
  noMount,
})
const printCountries = ({ allow, codes }: NonNullable<Report['countries']>) =>
  codes.map((code) => (allow ? code : `!${code}`)).join(', ')

const printMountLine = (m: MountReport) =>
  `${printMount(m.mount)} ${m.listeners} ${m.max ?? '-'} ${m.kbps} ${m.joins} ${m.contentType}`

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** The text of a report's body, or undefined if it is not UTF-8. */
export function decodeSourcelist(bytes: Uint8Array): string | undefined {
  if (bytes.length > limits.reportBytesMax) return undefined
  try {
    return strict.decode(bytes)
  } catch {
    return undefined
  }
}

/** The line, counted from 1, with the first byte of a body that is not UTF-8. */
export const lineNotUtf8 = (bytes: Uint8Array): number =>
  (new TextDecoder().decode(bytes).split('\ufffd', 1)[0] ?? '').split('\n').length
