/** The stats of a server or a mount, with Icecast's names in Icecast's order; text and numbers are distinct. */
export type Stats = Readonly<Record<string, string | number>>

/** The known ones of these values, sorted by the bytes of their names as in Icecast 2.4. */
export function statsOf(values: Readonly<Record<string, string | number | undefined>>): Stats {
  const known = Object.entries(values).flatMap(([name, value]): [string, string | number][] =>
    value === undefined ? [] : [[name, value]],
  )
  return Object.fromEntries(known.sort(([a], [b]) => (a < b ? -1 : 1)))
}
