import { trimmedEnd } from '../../shared/trim.ts'

/** characters of a reason that are logged */
const whyLengthMax = 200

/** An address at which a decider got no answer, and why. */
export interface Unreached {
  url: string
  why: string
}

/** What a decider answers to a report (docs/protocol.md#answers-to-a-report). */
export interface Reply {
  /** s: it wishes for the next report so soon; undefined: it has no wish */
  interval: number | undefined
  /** an operator drained this server there */
  isDraining: boolean
  /** where listeners are sent back to: at most one address a scheme */
  edgeUrls: readonly string[]
  /** what the decider's own connections found: that it can reach this server, or where and why it cannot; undefined: not a word */
  probe: 'ok' | Unreached | undefined
}

/** Reads the lines of a reply; what is not understood has no effect. Undefined where it is no decider's reply at all. */
export function parseReply(text: string): Reply | undefined {
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
    edgeUrls: onePerScheme(lines.flatMap(([name, value]) => (name === 'edge' ? (edgeIn(value) ?? []) : []))),
  }
}

/** `ok`, or `failed URL REASON`; what it says goes into a log. */
function probeIn(text: string): Reply['probe'] {
  if (text === 'ok') return 'ok'
  const [, url, why = ''] = /^failed (\S+)(?: (.*))?$/.exec(text) ?? []
  if (url === undefined || !URL.canParse(url)) return undefined
  return {
    url: url.replace(/[^\x21-\x7e]|[{}]/g, ''),
    why: why.replace(/[^\x20-\x7e]|[{}]/g, '').slice(0, whyLengthMax),
  }
}

/** The first of each scheme. */
const onePerScheme = (urls: readonly string[]) =>
  urls.filter((url, i) => urls.findIndex((other) => schemeOf(other) === schemeOf(url)) === i)

const schemeOf = (url: string) => url.slice(0, url.indexOf(':'))

/** The address for a listener who came by a scheme: one of that scheme where there is one, else any. */
export const addressFor = (urls: readonly string[], secure: boolean): string | undefined =>
  urls.find((url) => schemeOf(url) === (secure ? 'https' : 'http')) ?? urls[0]

/** The URL up to its path, as it goes before a mount. */
function edgeIn(text: string): string | undefined {
  if (!/^https?:\/\/[^?#\s]+$/i.test(text) || !URL.canParse(text)) return undefined
  const { origin, pathname } = new URL(text)
  return origin + trimmedEnd(pathname, '/')
}
