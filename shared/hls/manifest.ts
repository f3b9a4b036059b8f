/** A pathway of a steering manifest. */
export interface Pathway {
  id: string
  /** of the media playlist there, with the session's query */
  url: string
}

/**
 * Prints a steering manifest (draft-pantos-hls-rfc8216bis §7.2). Servers that the player does not know come as clones of one
 * that it knows, each with the whole url of its playlist: a host alone would not say another port or scheme. video.js (8.24) reads
 * only the host, as a `hostname`, and throws where there are no `PARAMS`: it finds clones at servers whose scheme and port are
 * those of the base.
 * @param known pathways of the multivariant playlist; the first of them is what clones are made from
 */
export function printManifest(
  pathways: readonly Pathway[],
  ttlSeconds: number,
  known: readonly string[],
): string {
  const [base] = known
  const isNew = ({ id }: Pathway) => !known.includes(id)
  const clones = base === undefined ? [] : pathways.filter(isNew)
  return JSON.stringify({
    VERSION: 1,
    TTL: ttlSeconds,
    'PATHWAY-PRIORITY': pathways.map(({ id }) => id),
    ...(clones.length > 0 && {
      'PATHWAY-CLONES': clones.map(({ id, url }) => ({
        'BASE-ID': base,
        ID: id,
        'URI-REPLACEMENT': {
          HOST: new URL(url).hostname,
          PARAMS: {},
          'PER-VARIANT-URIS': { [variantId]: url },
        },
      })),
    }),
  })
}

/** `STABLE-VARIANT-ID`: the same audio at every server. */
export const variantId = 'audio'
