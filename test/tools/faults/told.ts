import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { repo } from '../../kit/process/process.ts'

/** letters of a text at least that are its own: less is a name, not a log line */
const ownLettersMin = 6

/** The texts in backquotes of the page on troubleshooting, as patterns: `{…}`, words in capitals and `…` stand for anything. */
const patterns = [
  ...readFileSync(join(repo, 'docs/troubleshooting.md'), 'utf8')
    .replace(/\s+/g, ' ')
    .matchAll(/`([^`]+)`/g),
].flatMap(([, text = '']) => {
  const parts = text.split(/\{[^}]*\}|\b[A-Z]{2,}\b|…/)
  if (parts.join('').replace(/\W/g, '').length < ownLettersMin) return []
  return new RegExp(`^${parts.map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('.*')}$`)
})

/** The lines of a program's output that tell an operator nothing: not a log line, or a warning without an entry in the page. */
export function untold(output: string): string[] {
  const lines = output.split('\n').filter((line) => line.trim() !== '')
  const bad = lines.filter((line) => {
    const record = parsed(line)
    if (record === undefined) return true
    return /^(?:warn|error|fatal)/i.test(record.level) && !patterns.some((each) => each.test(record.message))
  })
  return [...new Set(bad.map((line) => line.slice(0, 400)))].slice(0, 5)
}

/** A log line; undefined for anything else. The last line of a program that was killed may be cut. */
function parsed(line: string): { level: string; message: string } | undefined {
  try {
    const { level, message } = JSON.parse(line)
    return { level: String(level), message: String(message) }
  } catch {
    return undefined
  }
}
