import { textOfSecret } from '../../shared/http/credentials.ts'
import type { Mount } from '../../shared/mount.ts'
import { decodeText } from '../icy/metadata.ts'
import { parseOriginMount } from '../lib/root-mount.ts'

export type Params = ReadonlyMap<string, string>

/** Parameters of a title; only these are in the given charset. */
const titleNames = new Set(['song', 'title', 'artist', 'url'])

/**
 * Decodes the parameters of a query or a form; of one given twice the last counts. A title is in the charset of the parameter
 * `charset`, else in `charsetDefault`, else, like all others, UTF-8 if it is valid UTF-8, else latin1: encoders send the bytes
 * of their files. `pass` is compared by its bytes.
 */
export function parseParams(query: string, charsetDefault?: string): Params {
  const raw = new Map<string, Uint8Array>()
  for (const part of query.replace(/^\?/, '').split('&')) {
    const equals = part.indexOf('=')
    if (equals > 0) raw.set(part.slice(0, equals), percentDecoded(part.slice(equals + 1)))
  }
  const charset = raw.get('charset')
  const decodeTitle = decoderOf(charset ? decodeText(charset) : charsetDefault)
  const decoderFor = (name: string) =>
    titleNames.has(name) ? decodeTitle : name === 'pass' ? textOfSecret : decodeText
  return new Map([...raw].map(([name, bytes]) => [name, decoderFor(name)(bytes)]))
}

function decoderOf(charset: string | undefined): (bytes: Uint8Array) => string {
  if (charset === undefined) return decodeText
  try {
    const decoder = new TextDecoder(charset)
    return (bytes) => decoder.decode(bytes)
  } catch {
    return decodeText // an unknown charset
  }
}

/** The bytes of a query's value: `+` is a space, `%xx` a byte; a malformed escape is literal. */
function percentDecoded(value: string): Uint8Array {
  const bytes: number[] = []
  for (let i = 0; i < value.length; i++) {
    const escaped = /^%([0-9a-fA-F]{2})/.exec(value.slice(i, i + 3))
    if (escaped?.[1] !== undefined) {
      bytes.push(Number.parseInt(escaped[1], 16))
      i += 2
    } else bytes.push(value[i] === '+' ? 0x20 : value.charCodeAt(i))
  }
  return Uint8Array.from(bytes)
}

/** The mount named by a decoded parameter; undefined if the name is invalid. */
export const namedMount = (name: string): Mount | undefined =>
  parseOriginMount(encodeURI(name).replace(/[?#]/g, encodeURIComponent))

/** The mount in the parameter `mount`. */
export const mountParam = (params: Params): Mount | undefined => namedMount(params.get('mount') ?? '')

/** The mount in the parameter `mount`, as a list: empty if there is none. */
export function namedMounts(params: Params): Mount[] {
  const mount = mountParam(params)
  return mount ? [mount] : []
}
