/** The pathway of an edge that carries HLS itself; a server of that id has another. */
export const edgePathway = 'edge'

/**
 * The pathway id of a server. Pathway ids are letters, digits, `.`, `-` and `_` (draft-pantos-hls-rfc8216bis §4.4.6.6); a server's
 * id may hold `:` and brackets too, which become `_` and two hexadecimal digits, as does `_` itself, so that no two agree.
 */
export const pathwayOf = (serverId: string): string =>
  serverId === edgePathway
    ? escaped(serverId[0] ?? '') + serverId.slice(1)
    : serverId.replace(/[^A-Za-z0-9.-]/g, escaped)

const escaped = (c: string) => `_${c.charCodeAt(0).toString(16).padStart(2, '0')}`

/** The server id that {@link pathwayOf} turned into this pathway; undefined if none was. */
export function serverOfPathway(pathway: string): string | undefined {
  const id = pathway.replace(/_([0-9a-f]{2})/g, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  )
  return pathwayOf(id) === pathway ? id : undefined
}
