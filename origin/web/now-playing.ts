import { displayTitle } from '../format/ogg/comments.ts'
import type { Stats } from '../stats/stats.ts'

/** The current title on one line: artist and title if they are separate, else the title. */
export const currentTitle = ({ artist, title }: Stats): string =>
  displayTitle(textOf(artist), textOf(title)) ?? ''

const textOf = (value: string | number | undefined) => (value === undefined ? undefined : `${value}`)
