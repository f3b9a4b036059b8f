/** What is told of a server or a mount, by Icecast's names and in their order; text and numbers kept apart. */
export type Stats = Readonly<Record<string, string | number>>

/** What is known of these, by name in the order of their bytes as Icecast 2.4 writes it. */
export function statsOf(values: Readonly<Record<string, string | number | undefined>>): Stats {
  const known = Object.entries(values).flatMap(([name, value]): [string, string | number][] =>
    value === undefined ? [] : [[name, value]],
  )
  return Object.fromEntries(known.sort(([a], [b]) => (a < b ? -1 : 1)))
}
