import { getLogger } from '@logtape/logtape'
import type { HeaderRule } from '../config/xml/headers.ts'
import type { Files } from '../files/serve.ts'
import type { Connection } from '../http/connection.ts'
import type { Placement } from './placement.ts'

const log = getLogger(['distributary', 'file'])

type Denied = Placement & { serve: false }

export interface FileOptions {
  files: Files
  rules: readonly HeaderRule[]
  /** asked once there is a file; left out where everybody may have it */
  admit?: (() => Promise<Denied | undefined>) | undefined
  /** answers where there is no file, or where it is denied */
  otherwise: (denied?: Denied) => void
}

/** Answers with the file below the webroot that a request's path names, where there is one. */
export function fileOr(connection: Connection, { files, rules, admit, otherwise }: FileOptions): void {
  const { head, socket } = connection
  const answered = async () => {
    const file = await files.locate(head.path)
    if (!file) return otherwise()
    const denied = await admit?.()
    return denied ? otherwise(denied) : files.answer(connection, file, rules)
  }
  answered().catch((error: unknown) => {
    log.error('a file could not be sent', { path: head.path, error })
    socket.destroy()
  })
}
