import type { MountSettings } from '../../../origin/config/mount-settings.ts'
import { MountTable } from '../../../origin/config/mount-table.ts'
import { type Mount, parseMount } from '../../../shared/mount.ts'

const unsaid = new MountTable({ exact: new Map(), patterns: [], fallback: undefined })

/** The settings of a server's mounts by their names; what is not said is as without any. */
export function settingsOf(said: Record<string, Partial<MountSettings>>): Pick<MountTable, 'of' | 'known'> {
  const made = new Map<Mount, MountSettings>()
  for (const [path, settings] of Object.entries(said)) {
    const name = parseMount(path)
    if (!name) throw new Error(`${path} is not the name of a mount`)
    made.set(name, { ...unsaid.of(name), ...settings })
  }
  return { known: [...made.keys()], of: (name) => made.get(name) ?? unsaid.of(name) }
}
