import { boolean, host, remotePort, text } from '../values.ts'
import { at, readOfFile, type Warn } from './block.ts'
import type { XmlElement } from './element.ts'

/** A master of a slave. */
export interface MasterSettings {
  /** origin: scheme, host and port */
  readonly url: string
  readonly user: string
  readonly password: string
}

/** One master of a file; its password may be set elsewhere. */
export interface MasterInFile {
  url: string
  user: string | undefined
  password: string | undefined
}

const fields = {
  'master-server': host,
  'master-server-port': remotePort,
  'master-username': text,
  'master-password': text,
  'master-ssl': boolean, // ours
  'master-ssl-port': remotePort, // icecast-kh's: TLS, there
} as const

/** The elements that describe masters. */
export const masterElements: ReadonlySet<string> = new Set(Object.keys(fields))

type ToldMaster = { element: XmlElement; told: Partial<Record<string, string | number | boolean>> }

/**
 * Reads the masters among the elements of a file. They are not nested, as in Icecast: each `<master-server>` begins another
 * master, which inherits missing elements from the one before; elements before the first belong to the first.
 */
export function readMasters(elements: readonly XmlElement[], warn: Warn): MasterInFile[] {
  const masters: ToldMaster[] = []
  let before: ToldMaster['told'] = {}
  for (const element of elements) {
    if (element.text === '' || !masterElements.has(element.name)) continue
    const schema = fields[element.name as keyof typeof fields]
    const value = readOfFile(schema, `${at(element)}<${element.name}>`, element.text, warn)
    if (value === undefined) continue
    if (element.name === 'master-server') {
      before = { ...before, ...masters.at(-1)?.told, [element.name]: value }
      masters.push({ element, told: { ...before } })
    } else Object.assign(masters.at(-1)?.told ?? before, { [element.name]: value })
  }
  return masters.flatMap((master) => masterOf(master, warn) ?? [])
}

/** A master without a port is left out, as in Icecast. */
function masterOf({ element, told }: ToldMaster, warn: Warn): MasterInFile | undefined {
  const server = String(told['master-server'])
  const tlsPort = told['master-ssl-port']
  const port = tlsPort ?? told['master-server-port']
  const literal = server.includes(':') ? `[${server.replace(/^\[|\]$/g, '')}]` : server
  const url = `${tlsPort !== undefined || told['master-ssl'] === true ? 'https' : 'http'}://${literal}:${port}`
  if (port === undefined || !URL.canParse(url)) {
    const expected = port === undefined ? 'a <master-server-port> too' : 'a host name or address'
    warn(`${at(element)}<master-server> is "${server}", expected ${expected}; it is left out`)
    return undefined
  }
  const word = (name: string) => (typeof told[name] === 'string' ? told[name] : undefined)
  return { url: new URL(url).origin, user: word('master-username'), password: word('master-password') }
}
