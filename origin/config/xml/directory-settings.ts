import { httpUrl, integer } from '../values.ts'
import { at, childrenOf, readBlock, readOfFile, type Warn } from './block.ts'
import type { XmlElement } from './element.ts'

/** A directory (YP) that public mounts are announced to (`<directory>`; docs/icecast.md#directories). */
export interface DirectorySettings {
  readonly url: string
  readonly timeoutMs: number
  /** minimum between two touches, even if the directory asks for more */
  readonly touchMs: number
}

const timeout = integer(1, 60)
const touch = integer(1, 86_400)
/** The elements of a `<directory>`. */
export const directoryElements = {
  'yp-url': httpUrl,
  'yp-url-timeout': timeout,
  'touch-interval': touch,
} as const

/** s: defaults of Icecast; its protocol calls a shorter touch interval too short */
const timeoutS = 6
const touchS = 30

const directory = (
  url: string,
  told: { timeoutS?: number | undefined; touchS?: number | undefined },
): DirectorySettings => ({
  url,
  timeoutMs: (told.timeoutS ?? timeoutS) * 1000,
  touchMs: Math.max(told.touchS ?? touchS, touchS) * 1000,
})

/** Reads `<directory>` of 2.4, which may contain several `<yp-url>`, and `<yp-directory url>` of 2.5. */
export function readDirectories(elements: readonly XmlElement[], warn: Warn): DirectorySettings[] {
  return elements.flatMap((element) =>
    element.name === 'yp-directory' ? readNew(element, warn) : readOld(element, warn),
  )
}

function readOld(element: XmlElement, warn: Warn): DirectorySettings[] {
  const told = readBlock(element, directoryElements, warn, { unused: ['server', 'port'] })
  const urls = childrenOf(element, 'yp-url').filter(({ text }) => text !== '')
  return urls.flatMap((element) => {
    const url = readOfFile(httpUrl, `${at(element)}<directory><yp-url>`, element.text, warn)
    const times = { timeoutS: told['yp-url-timeout'], touchS: told['touch-interval'] }
    return url === undefined ? [] : [directory(url, times)]
  })
}

function readNew(element: XmlElement, warn: Warn): DirectorySettings[] {
  const { url: given = '' } = element.attributes
  const option = (name: string, schema: typeof timeout) => {
    const found = childrenOf(element, 'option').find(({ attributes }) => attributes.name === name)
    return (
      found && readOfFile(schema, `${at(found)}<option name="${name}">`, found.attributes.value ?? '', warn)
    )
  }
  for (const { name, line, attributes } of element.children)
    if (name !== 'option' || !/^(timeout|touch-interval)$/.test(attributes.name ?? ''))
      warn(`line ${line}: <yp-directory><${name}> is unknown and has no effect`)
  const told = { timeoutS: option('timeout', timeout), touchS: option('touch-interval', touch) }
  const url = readOfFile(httpUrl, `${at(element)}<yp-directory url>`, given, warn)
  return url === undefined ? [] : [directory(url, told)]
}
