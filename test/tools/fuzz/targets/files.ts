import { join } from 'node:path'
import { parseFilePath } from '../../../../origin/files/locate.ts'
import { utf8Path } from '../../../../origin/http/utf8-path.ts'
import { latin1Of, type Target } from '../target.ts'

const root = '/var/lib/web'

/** Whether every escape is one, and together they are UTF-8. */
function isDecodable(path: string): boolean {
  try {
    decodeURIComponent(path)
    return true
  } catch {
    return false
  }
}

export const files: Target = {
  name: 'files',
  about: 'paths of files below the webroot: none leads out of it; latin1 in a path is UTF-8 after one pass',
  files: 'origin/',
  tokens: ['/', '..', '%2e', '%2f', '%5c', '%00', '%ff', '%c3%bc', '.', '\\', '%', 'index.html'],
  read: (input) => void [parseFilePath(latin1Of(input)), utf8Path(latin1Of(input))],
  check(input) {
    const path = latin1Of(input)
    const names = parseFilePath(path)
    if (names && !join(root, ...names).startsWith(`${root}/`)) throw new Error(`${path} is outside`)
    if (names?.some((name) => name.startsWith('.'))) throw new Error(`${path} is hidden`)
    const once = utf8Path(path)
    if (isDecodable(once) && utf8Path(once) !== once) throw new Error(`${once} is converted again`)
  },
}
