import { limits } from './limits.ts'

declare const mountBrand: unique symbol
/** A mount's name, decoded: `/live.mp3`. Only {@link parseMount} makes one, so wherever it stands its rules hold. */
export type Mount = string & { readonly [mountBrand]: true }

/** Paths that the edge answers itself; no mount may have such a name. */
const ownPaths = new Set(['/', '/admin', '/api', '/metrics', '/healthz', '/now', '/status-json.xsl'])
/** Whether the edge answers this path itself. */
export const isOwnPath = (path: string): boolean =>
  ownPaths.has(path) || path.startsWith('/admin/') || path.startsWith('/api/') || path.startsWith('/hls/')

/** What may stand unencoded: visible ASCII but `?`, `#` and `\`, which begin something else in a URL. */
const writtenPath = /^\/[\x21\x22\x24-\x3e\x40-\x5b\x5d-\x7e]*$/
// biome-ignore lint/suspicious/noControlCharactersInRegex: control bytes are what it looks for
const controlOrDoubleSlash = /[\x00-\x1f\x7f-\x9f]|\/\//
const encoder = new TextEncoder()

/**
 * Reads a mount from the path of a URL or a line of a report, percent-encoded as it stands there.
 * Undefined where it is no mount: not absolute, over 255 bytes, with `//`, a dot segment, a control byte,
 * an encoded slash, a malformed escape, or one of the edge's own paths.
 */
export function parseMount(path: string): Mount | undefined {
  if (path.length > limits.mountBytesMax * 3 || !writtenPath.test(path)) return undefined
  if (!path.includes('%') && !path.includes('/.') && !path.includes('//'))
    return path.length > limits.mountBytesMax || isOwnPath(path) ? undefined : (path as Mount)
  if (/%2f/i.test(path)) return undefined
  let name: string
  try {
    name = decodeURIComponent(path)
  } catch {
    return undefined // an escape that is no UTF-8
  }
  if (controlOrDoubleSlash.test(name) || isOwnPath(name)) return undefined
  if (encoder.encode(name).length > limits.mountBytesMax) return undefined
  if (name.split('/').some((segment) => segment === '.' || segment === '..')) return undefined
  return name as Mount
}

/** The mount as it stands in a URL or a report: {@link parseMount} reads it back to the same. */
export const printMount = (mount: Mount): string => encodeURI(mount).replace(/[?#]/g, encodeURIComponent)
