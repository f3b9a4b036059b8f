import { parseEnv } from 'node:util'

/**
 * Reads an env file: a line `NAME=value` each, `#` before a comment, quotes around a value with spaces.
 * @throws an error that names the line which shells, systemd and this reader would read differently
 */
export function parseEnvFile(text: string): Record<string, string> {
  const cut = text.split('\n').findIndex((line) => ambiguous.test(line))
  if (cut >= 0) {
    const name = ambiguous.exec(text.split('\n')[cut] ?? '')?.[1]
    throw new Error(`line ${cut + 1}: the value of ${name} has a # in it; put the value in quotes`)
  }
  return { ...parseEnv(text) } as Record<string, string>
}

/**
 * The lines of an env file that set nothing: without a name and `=`, or with a name that is not one of these. They are shown without
 * their values, which may be secrets.
 */
export function idleLines(text: string, names: ReadonlySet<string>): string[] {
  const values = parseEnv(text)
  const unknown = Object.keys(values).filter((name) => !names.has(name))
  // lines inside quotes that go over several lines belong to a value
  const isPlain = !Object.values(values).some((value) => value?.includes('\n'))
  const lines = isPlain ? text.split('\n') : []
  const nameless = lines.flatMap((line, i) => (/^\s*(?:#|$)|=/.test(line) ? [] : [i + 1]))
  return [
    ...unknown.map((name) => `${name} is not a setting of an edge, and has no effect`),
    ...nameless.map((line) => `line ${line} has no =, and has no effect; expected NAME=value`),
  ]
}

/** A value without quotes in which a `#` follows other text: a shell keeps it, env files of Node and Bun cut it off. */
const ambiguous = /^\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=\s*[^\s'"`#][^\s#]*#/
