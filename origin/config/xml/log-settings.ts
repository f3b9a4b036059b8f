import { isAbsolute, join } from 'node:path'
import * as v from 'valibot'
import { valueIn } from '../../../shared/value-in.ts'
import { mendable, nearest } from '../mend.ts'
import { boolean, integer, text } from '../values.ts'
import { readBlock, type Told, type Warn } from './block.ts'
import type { XmlElement } from './element.ts'

/** Log files, their level and their format (`<logging>`; docs/icecast.md#logs). */
export interface LogSettings {
  /** files, or `-` for stderr; undefined: no file, records go to stdout as JSON */
  readonly access: string | undefined
  readonly error: string | undefined
  readonly playlist: string | undefined
  readonly level: IcecastLogLevel
  /** bytes after which a new file is begun; 0: never */
  readonly sizeBytes: number
  /** whether each old file is kept under a name with its time, instead of only one as `.old` */
  readonly archive: boolean
  /** how addresses of listeners are written */
  readonly addresses: 'plain' | 'hashed' | 'cut'
}

export type IcecastLogLevel = 'error' | 'warning' | 'info' | 'debug'

/** Numbers of Icecast 2.4, and words of 2.5, whose default file has `information`. */
const levelWords: Readonly<Record<string, IcecastLogLevel>> = {
  ...{ 1: 'error', 2: 'warning', 3: 'info', 4: 'debug' },
  ...{ error: 'error', eror: 'error', warning: 'warning', warn: 'warning' },
  ...{ information: 'info', info: 'info', debug: 'debug', dbug: 'debug' },
}

export const level = mendable(
  v.pipe(
    v.string(),
    v.transform((word) => valueIn(levelWords, word.toLowerCase())),
    v.custom<IcecastLogLevel>(
      (word) => word !== undefined,
      'expected error, warning, info or debug, or an integer from 1 to 4',
    ),
  ),
  (word) => nearest(word, 1, 4),
)

const addresses = v.pipe(
  v.string(),
  v.toLowerCase(),
  v.picklist(['plain', 'hashed', 'cut'], 'expected plain, hashed or cut'),
)

/** The elements of `<logging>`. */
export const logElements = {
  accesslog: text,
  errorlog: text,
  playlistlog: text,
  loglevel: level,
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
 * Reads `<logging>`; its files are in `dir`, `<paths><logdir>`. If that is set, access and error logs are written there even
 * if no element names them, as in Icecast.
 */
export function readLogging(
  elements: readonly XmlElement[],
  dir: string | undefined,
  warn: Warn,
): LogSettings {
  const told: Told<typeof logElements> = {}
  for (const element of elements) Object.assign(told, readBlock(element, logElements, warn, { unused }))
  const inDir = (file: string | undefined) => {
    if (file === undefined || file === '-' || isAbsolute(file)) return file
    return dir === undefined ? undefined : join(dir, file)
  }
  return {
    access: inDir(told.accesslog ?? 'access.log'),
    error: inDir(told.errorlog ?? 'error.log'),
    playlist: inDir(told.playlistlog),
    level: told.loglevel ?? noLogFiles.level,
    sizeBytes: (told.logsize ?? 0) * 1024,
    archive: told.logarchive ?? noLogFiles.archive,
    addresses: told['log-addresses'] ?? noLogFiles.addresses,
  }
}
