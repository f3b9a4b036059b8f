import { limits } from '../limits.ts'

/** valid names of XML elements, none of which is a property of every object */
const keyPattern = /^[A-Za-z][A-Za-z0-9_.-]{0,63}$/

/** The parts of `ice-audio-info: k=v;k=v`, with values decoded, and numbers as numbers. Invalid names are left out. */
export function audioInfoStats(audioInfo: string | undefined): Record<string, string | number> {
  const stats: Record<string, string | number> = {}
  for (const pair of (audioInfo ?? '').split(';').slice(0, limits.audioInfoPairsMax)) {
    const equals = pair.indexOf('=')
    const name = pair.slice(0, Math.max(0, equals)).trim()
    if (keyPattern.test(name)) stats[name] = statOf(unescaped(pair.slice(equals + 1).trim()))
  }
  return stats
}

/** Converts the text of a whole number to a number: Icecast's JSON has `"bitrate":128`. */
export const statOf = (text: string): string | number =>
  /^(0|[1-9]\d{0,14})$/.test(text) ? Number(text) : text

function unescaped(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text // a literal percent sign
  }
}
