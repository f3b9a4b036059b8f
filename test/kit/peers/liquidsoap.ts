import { readFileSync, writeFileSync } from 'node:fs'
import { type Program, start } from '../process/process.ts'

/** Liquidsoap's library for scripts, where Debian has it. */
const library = '/usr/share/liquidsoap/libs/stdlib.liq'
/** the last part of it that our scripts use, with `request.queue` */
const lastPart = '%include "request.liq"\n'

/**
 * Runs a script of liquidsoap's language, which is written to this file. It loads the library's parts up to the one with
 * requests: to check the types of all of them takes eight times as long, some seconds of processor at each start.
 */
export function startLiquidsoap(file: string, script: string): Program {
  const parts = libraryParts()
  const settings = 'settings.init.allow_root.set(true)\nsettings.log.stdout.set(true)\n'
  writeFileSync(file, parts.join('\n') + settings + script)
  return start('liquidsoap', [...(parts.length > 0 ? ['--no-stdlib'] : []), file])
}

/** The lines that load those parts; none where this liquidsoap has another library, so that it loads its own. */
function libraryParts(): string[] {
  try {
    const text = readFileSync(library, 'utf8')
    const end = text.indexOf(lastPart)
    if (end < 0) return []
    return text
      .slice(0, end + lastPart.length)
      .replaceAll(/"(.*)"/g, '<$1>')
      .split('\n')
  } catch {
    return []
  }
}
