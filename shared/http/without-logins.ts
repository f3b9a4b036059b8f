/**
 * Text for people in which no URL shows its user and password: from `://` to the last `@` of a line nothing stands. A
 * password may hold spaces and quotes, so that the end of its URL is not known.
 */
export const withoutLogins = (text: string): string => text.split('\n').map(lineWithoutLogins).join('\n')

function lineWithoutLogins(line: string): string {
  const start = line.indexOf('://') + 3
  const end = line.lastIndexOf('@')
  return start > 2 && end >= start ? `${line.slice(0, start)}…${line.slice(end)}` : line
}
