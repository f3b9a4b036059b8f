import { limits } from './limits.ts'

declare const mountBrand: unique symbol
/** A mount's name, decoded: `/live.mp3`. Only {@link parseMount} makes one, so its rules hold for every value of this type. */
export type Mount = string & { readonly [mountBrand]: true }

/** Paths that the edge answers itself; a mount cannot have one of these names. */
const ownPaths = new Set(['/', '/admin', '/api', '/metrics', '/healthz', '/now', '/status-json.xsl'])
/** Whether the edge answers this path itself. */
export const isOwnPath = (path: string): boolean =>
  ownPaths.has(path) || path.startsWith('/admin/') || path.startsWith('/api/') || path.startsWith('/hls/')

/** The characters allowed unencoded: visible ASCII except `?`, `#` and `\`, which have other meanings in a URL. */
const writtenPath = /^\/[\x21\x22\x24-\x3e\x40-\x5b\x5d-\x7e]*$/
// biome-ignore lint/suspicious/noControlCharactersInRegex: it matches control bytes
const controlOrDoubleSlash = /[\x00-\x1f\x7f-\x9f]|\/\//
const encoder = new TextEncoder()

/**
 * Parses a mount from the percent-encoded path of a URL or of a line of a report.
 * Returns undefined if it is not a mount: not absolute, over 255 bytes, with `//`, a dot segment, a control byte,
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
    return undefined // an escape that is not UTF-8
  }
  if (controlOrDoubleSlash.test(name) || isOwnPath(name)) return undefined
  if (encoder.encode(name).length > limits.mountBytesMax) return undefined
  if (name.split('/').some((segment) => segment === '.' || segment === '..')) return undefined
  return name as Mount
}

/** The mount percent-encoded, as in a URL or a report: {@link parseMount} parses it back to the same mount. */
export const printMount = (mount: Mount): string => encodeURI(mount).replace(/[?#]/g, encodeURIComponent)
