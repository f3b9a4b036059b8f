import type { Alias } from '../config/xml/path-settings.ts'

/** The socket of ours that a request came by. */
export interface Entrance {
  port: number
  bind: string | undefined
}

/** The path that stands behind an alias, before anything else looks at it; the path itself where there is none. */
export function resolveAlias(aliases: readonly Alias[], path: string, { port, bind }: Entrance): string {
  const alias = aliases.find(
    (each) =>
      each.source === path &&
      (each.port === undefined || each.port === port) &&
      (each.bind === undefined || each.bind === bind),
  )
  return alias?.destination ?? path
}
