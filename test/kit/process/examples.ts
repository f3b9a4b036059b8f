import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { repo } from './process.ts'

/** A file of docs/examples, with every one of these texts replaced; throws where one is not in it, since a test would then run something else. */
export function example(name: string, texts: Readonly<Record<string, string>> = {}): string {
  const text = readFileSync(join(repo, 'docs/examples', name), 'utf8')
  return replaceAll(text, texts)
}

/** @throws if one of the texts is not there */
export function replaceAll(text: string, texts: Readonly<Record<string, string>>): string {
  for (const from of Object.keys(texts))
    if (!text.includes(from)) throw new Error(`the example has no ${JSON.stringify(from)}`)
  return Object.entries(texts).reduce((after, [from, to]) => after.replaceAll(from, to), text)
}

/** The sections of an ini file, each with its settings. */
export function readIni(text: string): Map<string, Map<string, string>> {
  const sections = new Map<string, Map<string, string>>()
  let section = new Map<string, string>()
  for (const line of text.split('\n')) {
    const [, name] = /^\[(.+)\]$/.exec(line) ?? []
    const [, key, value] = /^(\w+) = (.*)$/.exec(line) ?? []
    if (name !== undefined) {
      section = new Map()
      sections.set(name, section)
    }
    if (key !== undefined && value !== undefined) section.set(key, value)
  }
  return sections
}
