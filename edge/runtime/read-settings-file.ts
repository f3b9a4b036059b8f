import { closeSync, openSync, readSync } from 'node:fs'

/** bytes that a file of settings or of a secret may have: a mistake such as /dev/zero or a log would fill the memory */
const settingsBytesMax = 1_048_576

/** Reads a file of settings, or of one secret. @throws if it cannot be read, or is too long to be one */
export function readSettingsFile(path: string): string {
  const file = openSync(path, 'r')
  try {
    const bytes = Buffer.alloc(settingsBytesMax + 1)
    let length = 0
    for (let read = -1; read !== 0 && length < bytes.length; length += read)
      read = readSync(file, bytes, length, bytes.length - length, null)
    if (length > settingsBytesMax) throw new Error(`it has more than ${settingsBytesMax} bytes`)
    return bytes.toString('utf8', 0, length)
  } finally {
    closeSync(file)
  }
}
