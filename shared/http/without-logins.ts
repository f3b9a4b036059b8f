/**
 * Text for people, without the user and password of any URL: everything from `://` to the last `@` of a line is removed. A
 * password may contain spaces and quotes, so the end of its URL is unknown.
 */
export const withoutLogins = (text: string): string => text.split('\n').map(lineWithoutLogins).join('\n')

function lineWithoutLogins(line: string): string {
  const start = line.indexOf('://') + 3
  const end = line.lastIndexOf('@')
  return start > 2 && end >= start ? `${line.slice(0, start)}…${line.slice(end)}` : line
}
