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
  /** called if there is a file; left out if everybody may have it */
  admit?: (() => Promise<Denied | undefined>) | undefined
  /** answers if there is no file, or if it is denied */
  otherwise: (denied?: Denied) => void
}

/** Serves the webroot file that a request's path names, if there is one. */
export function fileOr(connection: Connection, { files, rules, admit, otherwise }: FileOptions): void {
  const { head, socket } = connection
  const answered = async () => {
    const file = await files.locate(head.path)
    if (!file) return otherwise()
    const denied = await admit?.()
    return denied ? otherwise(denied) : files.answer(connection, file, rules)
  }
  answered().catch((error: unknown) => {
    log.error('could not send file', { path: head.path, error })
    socket.destroy()
  })
}
