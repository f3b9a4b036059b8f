/** A piece of metadata that a stream carries: the browser's own HLS and hls.js tell it in the same form. */
export interface TitleCue {
  /** s of the player's clock */
  startTime: number
  /** `X-TITLE` and `X-ARTIST` of `EXT-X-DATERANGE`; `TIT2` and `TPE1` of an ID3 tag */
  key: string
  text: string
}

/** characters of a title that are shown: more fit on no screen */
const titleLengthMax = 300

const fields = [
  { title: 'X-TITLE', artist: 'X-ARTIST' },
  // the tag has the time of its segment, which begins before the title does
  { title: 'TIT2', artist: 'TPE1' },
] as const

/** Artist and title that are heard at a position; undefined if the stream does not say. */
export function titleAt(cues: readonly TitleCue[], position: number): string | undefined {
  const begun = cues.filter(({ startTime }) => startTime <= position)
  for (const { title, artist } of fields) {
    const last = latest(begun.filter(({ key }) => key === title))
    if (!last) continue
    const by = begun.find(({ key, startTime }) => key === artist && startTime === last.startTime)
    return nowLine(by && exactText(by.text, begun), exactText(last.text, begun))
  }
  return undefined
}

/** A playlist cannot hold a quotation mark, which it replaces; the ID3 tag of the same title has it. */
const exactText = (text: string, cues: readonly TitleCue[]): string =>
  cues.find((cue) => cue.text.replaceAll('"', '”') === text)?.text ?? text

const latest = (cues: readonly TitleCue[]): TitleCue | undefined =>
  cues.reduce<TitleCue | undefined>(
    (last, cue) => (last && last.startTime > cue.startTime ? last : cue),
    undefined,
  )

/** Artist and title on one line, cut at a length that fits a screen. */
export const nowLine = (artist: string | null | undefined, title: string | null | undefined): string =>
  cut([artist, title].filter(Boolean).join(' - '))

/** Between characters: one beyond the first 65,536 of Unicode has a length of two. */
const cut = (text: string): string =>
  text.length <= titleLengthMax ? text : [...text.slice(0, titleLengthMax)].slice(0, -1).join('')
