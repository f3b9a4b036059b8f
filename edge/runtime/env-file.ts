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

/** A value without quotes in which a `#` follows other text: a shell keeps it, env files of Node and Bun cut it off. */
const ambiguous = /^\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=\s*[^\s'"`#][^\s#]*#/
