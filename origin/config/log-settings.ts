import { isAbsolute, join } from 'node:path'
import * as v from 'valibot'
import { readBlock, type Told, type Warn } from './block.ts'
import type { Element } from './element.ts'
import { boolean, integer, text } from './values.ts'

/** What is logged, and where (`<logging>`; icecast-protocol §11). */
export interface LogSettings {
  /** files, or `-` for stderr; undefined: none, what is logged goes to stdout as JSON */
  readonly access: string | undefined
  readonly error: string | undefined
  readonly playlist: string | undefined
  readonly level: 'error' | 'warning' | 'info' | 'debug'
  /** bytes beyond which a file is begun anew; 0: never */
  readonly sizeBytes: number
  /** whether what was is kept under a name with its time, not as `.old` alone */
  readonly archive: boolean
  /** how listeners' addresses are written */
  readonly addresses: 'plain' | 'hashed' | 'cut'
}

const levels = ['error', 'warning', 'info', 'debug'] as const

const addresses = v.pipe(
  v.string(),
  v.toLowerCase(),
  v.picklist(['plain', 'hashed', 'cut'], 'expected plain, hashed or cut'),
)

const fields = {
  accesslog: text,
  errorlog: text,
  playlistlog: text,
  loglevel: integer(1, 4),
  logsize: integer(0, 1_000_000_000),
  logarchive: boolean,
  'log-addresses': addresses, // ours
} as const
/** icecast-kh sets a size for each file */
const unused = ['accesslog_ip', 'accesslog_exclude_ext', 'accesslog_lines', 'errorlog_lines', 'memory-lines']

export const noLogFiles: LogSettings = {
  access: undefined,
  error: undefined,
  playlist: undefined,
  level: 'info',
  sizeBytes: 0,
  archive: false,
  addresses: 'plain',
}

/**
 * Reads `<logging>`; its files lie in `dir`, `<paths><logdir>`. Where there is such a folder, access and errors are
 * logged there even if nothing names their files, as Icecast does.
 */
export function readLogging(elements: readonly Element[], dir: string | undefined, warn: Warn): LogSettings {
  const told: Told<typeof fields> = {}
  for (const element of elements) Object.assign(told, readBlock(element, fields, warn, { unused }))
  const place = (file: string | undefined) => {
    if (file === undefined || file === '-' || isAbsolute(file)) return file
    return dir === undefined ? undefined : join(dir, file)
  }
  return {
    access: place(told.accesslog ?? 'access.log'),
    error: place(told.errorlog ?? 'error.log'),
    playlist: place(told.playlistlog),
    level: levels[(told.loglevel ?? 3) - 1] ?? noLogFiles.level,
    sizeBytes: (told.logsize ?? 0) * 1024,
    archive: told.logarchive ?? noLogFiles.archive,
    addresses: told['log-addresses'] ?? noLogFiles.addresses,
  }
}
