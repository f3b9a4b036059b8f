import { ConfigError } from './error.ts'
import type { Settings } from './settings.ts'
import type { Warn } from './xml/block.ts'
import type { FileSettings } from './xml/icecast-xml.ts'
import type { MasterInFile, MasterSettings } from './xml/master-settings.ts'

interface MasterSources {
  flags: Settings
  environment: Settings
  file: FileSettings | undefined
}

/** Masters given as flags replace those of the file. User and password of a flag or the environment apply to all masters. */
export function mastersOf({ flags, environment, file }: MasterSources, warn: Warn): MasterSettings[] {
  const inFile = file?.blocks.masters ?? []
  const lastInFile = inFile.at(-1)
  const told: readonly MasterInFile[] =
    flags.master?.map((url) => ({ url, user: lastInFile?.user, password: lastInFile?.password })) ?? inFile
  const user = flags.masterUser ?? environment.masterUser
  const password = flags.masterPassword ?? environment.masterPassword
  return told.flatMap((master) => {
    const own = password ?? master.password
    if (own !== undefined) return { url: master.url, user: user ?? master.user ?? 'relay', password: own }
    const why = `the master ${master.url} needs a password: set --master-password, ORIGIN_MASTER_PASSWORD or <master-password>`
    if (flags.master) throw new ConfigError(why)
    warn(`${why}; it is left out`) // Icecast does not relay such a master either
    return []
  })
}
