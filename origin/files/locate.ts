import { realpath, stat } from 'node:fs/promises'
import { join, sep } from 'node:path'

/** A file that may be served. */
export interface Located {
  /** with all links resolved */
  path: string
  size: number
}

/**
 * The names of folders and file in a URL's path, below the webroot. Undefined if the path must not be served: it contains
 * dot segments, a hidden file, or an invalid name.
 */
export function parseFilePath(path: string): string[] | undefined {
  let decoded: string
  try {
    decoded = decodeURIComponent(path)
  } catch {
    return undefined // an escape that is not UTF-8
  }
  const [root, ...names] = decoded.split('/')
  const isName = (name: string) => name !== '' && !name.startsWith('.') && !/[\0\\]/.test(name)
  return root === '' && names.length > 0 && names.every(isName) ? names : undefined
}

/** The file of a URL's path below the webroot; undefined if there is none, or only through a link that leads out of it. */
export async function locateFile(webroot: string, path: string): Promise<Located | undefined> {
  const names = parseFilePath(path)
  if (!names) return undefined
  try {
    const root = await realpath(webroot)
    const file = await realpath(join(root, ...names))
    if (!file.startsWith(root.endsWith(sep) ? root : root + sep)) return undefined
    const { size, isFile } = await about(file)
    return isFile ? { path: file, size } : undefined
  } catch {
    return undefined // missing, or not readable
  }
}

async function about(path: string): Promise<{ size: number; isFile: boolean }> {
  const stats = await stat(path)
  return { size: stats.size, isFile: stats.isFile() }
}
