import { type Mount, parseMount, printMount } from '../mount.ts'
import { ownText } from '../own-text.ts'
import { type SegmentExtension, segmentExtensions } from './kinds.ts'

/** What a path below `/hls/` names, in addition to its mount. */
export type HlsObject =
  | { kind: 'media' }
  | { kind: 'steering' }
  | { kind: 'segment'; number: number; extension: SegmentExtension }
  | { kind: 'init'; number: number }

/** digits of a number that is exact as a double; without leading zeros, so that each object has one name */
const numbered = /^(0|[1-9]\d{0,14})\.([a-z0-9]+)$/
const initial = /^init-(0|[1-9]\d{0,14})\.mp4$/

/** What a path below `/hls/` names. */
interface AskedObject {
  readonly mount: Mount
  readonly object: HlsObject
}

/** paths that are kept parsed: the playlist and the newest segments of two hundred mounts, for which all players ask */
const keptMax = 1024
const kept = new Map<string, AskedObject>()

/** Parses `/hls/live.mp3/media.m3u8` and its siblings; undefined if the path names no object of HLS. */
export function parseHlsPath(path: string): AskedObject | undefined {
  const before = kept.get(path)
  if (before) return before
  if (!path.startsWith('/hls/')) return undefined
  const own = ownText(path)
  const asked = parseAsked(own)
  // of several names of an object one is kept
  if (!asked || hlsPath(asked.mount, asked.object) !== path) return asked
  if (kept.size >= keptMax) kept.clear()
  kept.set(own, asked)
  return asked
}

function parseAsked(path: string): AskedObject | undefined {
  const end = path.lastIndexOf('/')
  const mount = parseMount(path.slice('/hls'.length, end))
  const object = parseObject(path.slice(end + 1))
  return mount && object && { mount, object }
}

function parseObject(name: string): HlsObject | undefined {
  if (name === 'media.m3u8') return { kind: 'media' }
  if (name === 'steering.json') return { kind: 'steering' }
  const [, init] = initial.exec(name) ?? []
  if (init !== undefined) return { kind: 'init', number: Number(init) }
  const [, number, extension] = numbered.exec(name) ?? []
  const known = segmentExtensions.find((each) => each === extension)
  return number === undefined || !known
    ? undefined
    : { kind: 'segment', number: Number(number), extension: known }
}

/** The last part of an object's path; {@link parseHlsPath} parses it back. */
export function objectName(object: HlsObject): string {
  switch (object.kind) {
    case 'media':
      return 'media.m3u8'
    case 'steering':
      return 'steering.json'
    case 'init':
      return `init-${object.number}.mp4`
    case 'segment':
      return `${object.number}.${object.extension}`
  }
}

/** The path of an object of a mount: `/hls/live.mp3/17.mp3`. */
export const hlsPath = (mount: Mount, object: HlsObject): string =>
  `/hls${printMount(mount)}/${objectName(object)}`

/** The mount of `/live.mp3.m3u8`, the path of its multivariant playlist; undefined if it is not such a path. */
export function parseMultivariantPath(path: string): Mount | undefined {
  return path.endsWith('.m3u8') ? parseMount(path.slice(0, -'.m3u8'.length)) : undefined
}

/** The path of a mount's multivariant playlist. */
export const multivariantPath = (mount: Mount): string => `${printMount(mount)}.m3u8`
