import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import * as v from 'valibot'
import { describe, expect, test } from 'vitest'
import { parseConfig } from '../edge/config.ts'
import { createConfig } from '../origin/config/config.ts'
import { mount } from '../origin/config/values.ts'
import { optionSchemas } from '../origin/config/xml/auth-settings.ts'
import { directoryElements } from '../origin/config/xml/directory-settings.ts'
import { readIcecast, type XmlElement } from '../origin/config/xml/element.ts'
import { blockNames, parseIcecastXml, singleElements } from '../origin/config/xml/icecast-xml.ts'
import { logElements } from '../origin/config/xml/log-settings.ts'
import { masterElements } from '../origin/config/xml/master-settings.ts'
import { mountElements } from '../origin/config/xml/mount-blocks.ts'
import { pathElements } from '../origin/config/xml/path-settings.ts'
import { relayElements, upstreamElements } from '../origin/config/xml/relay-settings.ts'
import { ownerElements, securityElements } from '../origin/config/xml/security-settings.ts'
import { socketElements } from '../origin/config/xml/socket-settings.ts'
import { repo } from './kit/process/process.ts'

const read = (file: string) => readFileSync(join(repo, file), 'utf8')
const sorted = (names: Iterable<string>) => [...new Set(names)].sort()

describe('deploy/icecast.xml', () => {
  const xml = read('deploy/icecast.xml')
  /** an example is a comment that begins with an element */
  const allOn = xml.replace(/<!--\s*(<.*?>)\s*-->/gs, '$1')
  const root = readIcecast(allOn)

  test('has every element that an origin reads, and no other', () => {
    const inBlock: Record<string, Iterable<string>> = {
      'listen-socket': Object.keys(socketElements),
      mount: [...Object.keys(mountElements), 'authentication', 'http-headers'],
      'mount/authentication': ['option', 'role'],
      relay: [...Object.keys(relayElements), 'upstream', 'host'],
      'relay/upstream': Object.keys(upstreamElements),
      directory: Object.keys(directoryElements),
      'yp-directory': ['option'],
      paths: [...Object.keys(pathElements), 'alias', 'x-forwarded-for'],
      logging: Object.keys(logElements),
      'http-headers': ['header'],
      security: [...Object.keys(securityElements), 'changeowner'],
      'security/changeowner': Object.keys(ownerElements),
      limits: namesBelow('limits'),
      authentication: namesBelow('authentication'),
    }
    for (const [path, names] of Object.entries(inBlock))
      expect(sorted(childrenAt(root, path)), path).toEqual(sorted(names))
    expect(sorted(root.children.map(({ name }) => name))).toEqual(
      sorted([
        ...Object.keys(singleElements).map((path) => path.split('/')[0] ?? ''),
        ...masterElements,
        ...blockNames,
      ]),
    )
  })

  test('has every option of an authentication', () => {
    const options = elementsAt(root, 'mount/authentication/option').map(({ attributes }) => attributes.name)
    expect(sorted(options.map(String))).toEqual(sorted(Object.keys(optionSchemas)))
  })

  test('is read without a warning, as it stands and with every example turned on', () => {
    expect(parseIcecastXml(xml).warnings).toEqual([])
    expect(parseIcecastXml(allOn).warnings).toEqual([])
  })

  test('changes nothing: what is not an example has its default', () => {
    const settings = (file: string) => {
      const { mounts, ...rest } = createConfig({ flags: {}, environment: {}, file: parseIcecastXml(file) })
      return {
        rest,
        live: mounts.of(v.parse(mount, '/live.mp3')),
        other: mounts.of(v.parse(mount, '/other.mp3')),
      }
    }
    expect(settings(xml)).toEqual(settings('<icecast><listen-socket/></icecast>'))
  })

  test('explains each element in a comment before it or beside it', () => {
    const blocksOff = /<!--\s*\n\s*<.*?-->/gs
    const lines = xml.replace(blocksOff, '').split('\n')
    const isElement = (line: string) => /^\s*(<!--)?<[\w-]+[ >].*(<\/|\/>)/.test(line)
    const isProse = (line = '') => /<!-- \S|^\s*[^<\s].*-->$/.test(line)
    const unexplained = lines.filter(
      (line, at) => isElement(line) && !isProse(line) && !isProse(lines[at - 1]),
    )
    expect(unexplained).toEqual([])
  })

  test('is XML to stricter readers than ours: no comment holds two hyphens', () => {
    const inside = [...xml.matchAll(/<!--(.*?)-->/gs)].map(([, text]) => text ?? '')
    expect(inside.filter((text) => text.includes('--'))).toEqual([])
  })

  function namesBelow(block: string): string[] {
    const paths = Object.keys(singleElements).filter((path) => path.startsWith(`${block}/`))
    return paths.map((path) => path.slice(block.length + 1))
  }
})

function elementsAt(root: XmlElement, path: string): XmlElement[] {
  return path
    .split('/')
    .reduce<XmlElement[]>(
      (found, name) => found.flatMap(({ children }) => children.filter((child) => child.name === name)),
      [root],
    )
}

const childrenAt = (root: XmlElement, path: string) =>
  elementsAt(root, path).flatMap(({ children }) => children.map(({ name }) => name))

describe('.env.example', () => {
  const text = read('.env.example')
  const passwords = { RELAY_PASSWORD: 'one', ADMIN_PASSWORD: 'two' }

  test('has every name that an edge reads, and no other', () => {
    const names = [...read('edge/config.ts').matchAll(/^ {2}([A-Z][A-Z_]+): /gm)].map(([, name]) => `${name}`)
    const written = [...text.matchAll(/^#?([A-Z_]+)=/gm)].map(([, name]) => `${name}`)
    expect(written.sort()).toEqual(names.sort())
  })

  test('changes nothing: what is not an example has its default', () => {
    expect(parseConfig({ ...parseEnv(text), ...passwords })).toEqual(parseConfig(passwords))
  })

  test('has no password, so that an edge does not start before its own are set', () => {
    expect(() => parseConfig(parseEnv(text))).toThrow(
      /RELAY_PASSWORD is not set.*\nADMIN_PASSWORD is not set/,
    )
  })

  test('has examples that an edge takes', () => {
    const examples = parseEnv(text.replace(/^#([A-Z_]+=)/gm, '$1'))
    expect(() => parseConfig({ ...examples, ...passwords })).not.toThrow()
  })

  test('explains each name in a comment before it', () => {
    const lines = text.split('\n')
    const unexplained = lines.filter(
      (line, at) => /^#?[A-Z_]+=/.test(line) && !/^# /.test(lines[at - 1] ?? ''),
    )
    expect(unexplained).toEqual([])
  })
})
