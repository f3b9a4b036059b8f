import type { Alias } from '../config/xml/path-settings.ts'

/** The socket of ours on which a request arrived. */
export interface Entrance {
  port: number
  bind: string | undefined
}

/** The destination of an alias, resolved before routing; the path itself if there is no alias. */
export function resolveAlias(aliases: readonly Alias[], path: string, { port, bind }: Entrance): string {
  const alias = aliases.find(
    (each) =>
      each.source === path &&
      (each.port === undefined || each.port === port) &&
      (each.bind === undefined || each.bind === bind),
  )
  return alias?.destination ?? path
}
