import { trimmedEnd } from '../../shared/trim.ts'
import { reportLimits } from './limits.ts'

/** An address at which a decider got no answer, and why. */
export interface Unreached {
  url: string
  why: string
}

/** What a decider answers to a report (docs/protocol.md#answers-to-a-report). */
export interface ReportReply {
  /** seconds until the next report that the decider wishes for; undefined: no wish */
  interval: number | undefined
  /** an operator drained this server there */
  isDraining: boolean
  /** where to send listeners back to: at most one address per scheme */
  edgeUrls: readonly string[]
  /** whether the decider can connect to this server: `ok`, or where and why it cannot; undefined: not stated */
  probe: 'ok' | Unreached | undefined
  /** where another program reports with the same id; undefined: none does */
  twin: string | undefined
}

/** Parses the lines of a reply; unknown lines are ignored. Undefined if it is not a decider's reply. */
export function parseReply(text: string): ReportReply | undefined {
  const lines = text.split(/\r?\n/).map((line) => {
    const [name = '', ...value] = line.trim().split(/\s+/)
    return [name.toLowerCase(), value.join(' ')] as const
  })
  const values = new Map(lines)
  if (!/^\d+$/.test(values.get('accepted') ?? '')) return undefined
  const interval = Number(values.get('interval'))
  return {
    interval: Number.isInteger(interval) && interval >= 1 ? interval : undefined,
    isDraining: values.get('state') === 'draining',
    probe: probeIn(values.get('probe') ?? ''),
    twin: values
      .get('twin')
      ?.replace(/[^\x20-\x7e]|[{}]/g, '')
      .slice(0, reportLimits.whyLengthMax),
    edgeUrls: onePerScheme(lines.flatMap(([name, value]) => (name === 'edge' ? (edgeIn(value) ?? []) : []))),
  }
}

/** Parses `ok`, or `failed URL REASON`; the reason is written to a log. */
function probeIn(text: string): ReportReply['probe'] {
  if (text === 'ok') return 'ok'
  const [, url, why = ''] = /^failed (\S+)(?: (.*))?$/.exec(text) ?? []
  if (url === undefined || !URL.canParse(url)) return undefined
  return {
    url: url.replace(/[^\x21-\x7e]|[{}]/g, ''),
    why: why.replace(/[^\x20-\x7e]|[{}]/g, '').slice(0, reportLimits.whyLengthMax),
  }
}

/** Keeps the first of each scheme. */
const onePerScheme = (urls: readonly string[]) =>
  urls.filter((url, i) => urls.findIndex((other) => schemeOf(other) === schemeOf(url)) === i)

const schemeOf = (url: string) => url.slice(0, url.indexOf(':'))

/** The address for a listener that connected by http or https: one of that scheme if there is one, else any. */
export const addressFor = (urls: readonly string[], secure: boolean): string | undefined =>
  urls.find((url) => schemeOf(url) === (secure ? 'https' : 'http')) ?? urls[0]

/** The URL without its path, as it precedes a mount. */
function edgeIn(text: string): string | undefined {
  if (!/^https?:\/\/[^?#\s]+$/i.test(text) || !URL.canParse(text)) return undefined
  const { origin, pathname } = new URL(text)
  return origin + trimmedEnd(pathname, '/')
}
