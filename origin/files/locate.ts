import { realpath, stat } from 'node:fs/promises'
import { join, sep } from 'node:path'

/** A file that may be served. */
export interface Located {
  /** without any link in it */
  path: string
  size: number
}

/**
 * The names on the way to a file below the webroot, of a URL's path. Undefined where no file may have that path: it climbs,
 * names a hidden file, or holds what is no name.
 */
export function parseFilePath(path: string): string[] | undefined {
  let decoded: string
  try {
    decoded = decodeURIComponent(path)
  } catch {
    return undefined // an escape that is no UTF-8
  }
  const [root, ...names] = decoded.split('/')
  const isName = (name: string) => name !== '' && !name.startsWith('.') && !/[\0\\]/.test(name)
  return root === '' && names.length > 0 && names.every(isName) ? names : undefined
}

/** The file of a URL's path below the webroot; undefined where there is none, or only by a link that leads out of it. */
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
    return undefined // not there, or not ours to read
  }
}

async function about(path: string): Promise<{ size: number; isFile: boolean }> {
  const stats = await stat(path)
  return { size: stats.size, isFile: stats.isFile() }
}
