import { open } from 'node:fs/promises'
import { getLogger } from '@logtape/logtape'
import { messageOf } from '../../shared/message-of.ts'
import type { MountSettings } from '../config/mount-settings.ts'
import { locateFile } from '../files/locate.ts'
import { mediaTypeOf } from '../files/media-type.ts'
import { formatOf, framerFor } from '../format/formats.ts'
import type { AudioFacts } from '../format/framer.ts'
import { FormatError } from '../format/limits.ts'
import { asBuffer } from '../lib/bytes.ts'
import { mediaClock } from './clock.ts'
import { mediaLimits } from './limits.ts'

const log = getLogger(['distributary', 'mount'])

/** A file that a listener hears first: complete frames, one copy for all. */
export interface IntroFile {
  bytes: Buffer
  /** bytes per ms of playback */
  bytesPerMs: number
  /** its audio parameters; undefined if unknown */
  sound: AudioFacts | undefined
}

/** What a mount plays, as far as it is known. */
export interface Playing {
  format: string
  sound: AudioFacts | undefined
}

interface Entry {
  /** undefined while it is being read, and if it cannot be played */
  file: IntroFile | undefined
  /** the reason for skipping it that was last logged */
  told: string | undefined
}

/** This server's intros, each read once, and again after the configuration is reloaded. */
export class IntroFiles {
  #webroot: () => string | undefined
  /** by settings, which are new objects after each reload of the configuration */
  #files = new WeakMap<MountSettings, Entry>()

  constructor(webroot: () => string | undefined) {
    this.#webroot = webroot
  }

  /**
   * The intro of a mount, if it has been read and has the same audio parameters as the mount. A missing or unusable
   * file is logged once and skipped.
   * @param playing left out: the file is read before the first listener, when the mount's format is not known yet
   */
  of(settings: MountSettings, playing?: Playing): IntroFile | undefined {
    const { intro } = settings
    if (intro === undefined) return undefined
    const entry = this.#files.get(settings) ?? this.#begin(settings, intro)
    if (!playing) return undefined
    const why = unlike({ format: formatOf(mediaTypeOf(intro)), sound: entry.file?.sound }, playing)
    if (!why) return entry.file
    if (entry.told !== why) sayWhy(intro, why)
    entry.told = why
    return undefined
  }

  #begin(settings: MountSettings, intro: string): Entry {
    const entry: Entry = { file: undefined, told: undefined }
    this.#files.set(settings, entry)
    this.#read(intro).then(
      (file) => {
        entry.file = file
      },
      (error: unknown) => sayWhy(intro, messageOf(error)),
    )
    return entry
  }

  async #read(intro: string): Promise<IntroFile> {
    const webroot = this.#webroot()
    if (webroot === undefined) throw new FormatError('there is no webroot')
    const path = intro.startsWith('/') ? intro : `/${intro}`
    const located = await locateFile(webroot, encodeURI(path))
    if (!located) throw new FormatError('there is no such file below the webroot')
    return introOf(await readStart(located.path, mediaLimits.introBytesMax), mediaTypeOf(intro))
  }
}

const sayWhy = (intro: string, why: string) => log.error('cannot play intro', { intro, why })

/**
 * Why players could not continue from the intro to the mount: many, including Chrome, stop when the audio parameters
 * change.
 */
function unlike(intro: Playing, mount: Playing): string | undefined {
  if (intro.format !== mount.format) return `it is ${intro.format}, and the mount plays ${mount.format}`
  for (const [key, unit] of [
    ['samplerate', 'Hz'],
    ['channels', 'channels'],
  ] as const) {
    const [its, theirs] = [intro.sound?.[key], mount.sound?.[key]]
    if (its && theirs && its !== theirs) return `it has ${its} ${unit}, and the mount plays ${theirs}`
  }
  return undefined
}

async function readStart(path: string, bytesMax: number): Promise<Uint8Array> {
  const file = await open(path)
  try {
    const { size } = await file.stat()
    const buffer = new Uint8Array(Math.min(size, bytesMax))
    let length = 0
    for (;;) {
      const { bytesRead } = await file.read(buffer, length, buffer.length - length, length)
      if (bytesRead === 0) return buffer.subarray(0, length)
      length += bytesRead
    }
  } finally {
    await file.close()
  }
}

/** The complete frames of a file, from the first one on. @throws FormatError if it has none */
export function introOf(bytes: Uint8Array, contentType: string): IntroFile {
  const framer = framerFor(contentType)
  const clock = mediaClock(contentType)
  framer.push(bytes)
  clock?.push(bytes)
  const cut = framer.take()
  const from = framer.isContainer ? 0 : (cut.frames[0] ?? cut.bytes.length)
  const audio = cut.bytes.subarray(from)
  if (!clock || clock.playedMs === 0 || audio.length === 0) throw new FormatError('it contains no audio')
  const sound = framer.sound ?? cut.headers?.[0]?.facts
  return { bytes: asBuffer(audio), bytesPerMs: audio.length / clock.playedMs, sound }
}
