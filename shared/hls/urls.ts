import { type Mount, printMount } from '../mount.ts'
import { hlsPath } from './paths.ts'

/** Parameters of a query by name; a name that comes twice has its first value. */
export type Query = Readonly<Record<string, string>>

/** Names that are ours or the player's, and are not for the server: a send-back, a session, pathways; `_HLS_…` and `CMCD`. */
const kept = /^(?:x|s|p|CMCD|_HLS_.*)$/

/** Parses a query with its `?`, or an empty one. */
export function parseQuery(query: string): Query {
  const parameters: Record<string, string> = Object.create(null)
  for (const [name, value] of new URLSearchParams(query)) parameters[name] ??= value
  return parameters
}

/** The parameters that a listener brings for the server, such as a token. */
export const passedOn = (query: string): Query =>
  Object.fromEntries(Object.entries(parseQuery(query)).filter(([name]) => !kept.test(name)))

/** A path or url with these parameters. */
export const withQuery = (url: string, parameters: Query): string =>
  `${url}?${new URLSearchParams(parameters)}`

/** The media playlist of a mount at a server. @param url of the mount there, which may lie below a path of a proxy */
export const mediaUrl = (url: string, mount: Mount, parameters: Query): string =>
  withQuery(url.slice(0, -printMount(mount).length) + hlsPath(mount, { kind: 'media' }), parameters)
