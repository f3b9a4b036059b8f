import { displayTitle } from '../format/ogg/comments.ts'
import type { Stats } from '../stats/stats.ts'

/** What plays, on one line: artist and title where they stand apart, else the title. */
export const nowPlaying = ({ artist, title }: Stats): string =>
  displayTitle(textOf(artist), textOf(title)) ?? ''

const textOf = (value: string | number | undefined) => (value === undefined ? undefined : `${value}`)
