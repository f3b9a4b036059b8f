/** What a card shows of its mount. */
export interface PlayingNow {
  /** artist and title on one line */
  now: string
  listeners: number
  /** undefined: not published */
  peak: number | undefined
}

interface Source {
  /** where to listen: in `/now`, and in Icecast's stats */
  url?: string
  listenurl?: string
  artist?: string | number | null
  title?: string | number | null
  listeners?: number
  listener_peak?: number
}

type Published = readonly Source[] | { icestats?: { source?: Source | readonly Source[] } }

/** The streams by their path, from an edge's `/now` or from an origin's `/status-json.xsl`. @param at the page's address */
export function playingIn(published: Published, at: string): Map<string, PlayingNow> {
  const sources = 'icestats' in published ? [published.icestats?.source ?? []].flat() : published
  return new Map((sources as readonly Source[]).map((source) => [pathOf(source, at), playingOf(source)]))
}

const pathOf = ({ url, listenurl }: Source, at: string) => new URL(url ?? listenurl ?? '', at).pathname

const playingOf = ({ artist, title, listeners = 0, listener_peak: peak }: Source): PlayingNow => ({
  now: [artist, title].filter(Boolean).join(' - '),
  listeners,
  peak,
})
