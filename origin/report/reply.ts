import { trimmedEnd } from '../../shared/trim.ts'

/** What a decider answers to a report (contract §2, 200). */
export interface Reply {
  /** s: it wishes for the next report so soon; undefined: it has no wish */
  interval: number | undefined
  /** an operator drained this server there */
  isDraining: boolean
  /** where listeners are sent back to */
  edgeUrl: string | undefined
}

/** Reads the lines of a reply; what is not understood has no effect. Undefined where it is no decider's reply at all. */
export function parseReply(text: string): Reply | undefined {
  const lines = new Map(
    text.split(/\r?\n/).map((line) => {
      const [name = '', ...value] = line.trim().split(/\s+/)
      return [name.toLowerCase(), value.join(' ')] as const
    }),
  )
  if (!/^\d+$/.test(lines.get('accepted') ?? '')) return undefined
  const interval = Number(lines.get('interval'))
  return {
    interval: Number.isInteger(interval) && interval >= 1 ? interval : undefined,
    isDraining: lines.get('state') === 'draining',
    edgeUrl: edgeIn(lines.get('edge') ?? ''),
  }
}

/** The URL up to its path, as it goes before a mount. */
function edgeIn(text: string): string | undefined {
  if (!/^https?:\/\/[^?#\s]+$/i.test(text) || !URL.canParse(text)) return undefined
  const { origin, pathname } = new URL(text)
  return origin + trimmedEnd(pathname, '/')
}
