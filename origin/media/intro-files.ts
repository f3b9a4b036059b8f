import { open } from 'node:fs/promises'
import { getLogger } from '@logtape/logtape'
import type { MountSettings } from '../config/mount-settings.ts'
import { locateFile } from '../files/locate.ts'
import { mediaTypeOf } from '../files/media-type.ts'
import { formatOf, framerFor } from '../format/formats.ts'
import { FormatError } from '../format/limits.ts'
import { asBuffer } from '../mount/queue.ts'
import { mediaClock } from './clock.ts'
import { mediaLimits } from './limits.ts'

const log = getLogger(['distributary', 'mount'])

/** A file that a listener hears first: whole frames, one copy for all. */
export interface IntroFile {
  bytes: Buffer
  /** bytes a ms that it sounds */
  bytesPerMs: number
}

/** The intros of this server, each read once, and again when the configuration was. */
export class IntroFiles {
  #webroot: () => string | undefined
  /** by settings, which are others after each reading of the configuration; undefined while it is read, and where it failed */
  #files = new WeakMap<MountSettings, { file: IntroFile | undefined }>()

  constructor(webroot: () => string | undefined) {
    this.#webroot = webroot
  }

  /**
   * The intro of a mount, if it is read by now and of the format of what the mount plays. What is missing, or no such
   * file, is said in the log once, and nobody hears it.
   */
  of(settings: MountSettings, contentType: string): IntroFile | undefined {
    const { intro } = settings
    if (intro === undefined || formatOf(mediaTypeOf(intro)) !== formatOf(contentType)) return undefined
    const held = this.#files.get(settings)
    if (held) return held.file
    const entry: { file: IntroFile | undefined } = { file: undefined }
    this.#files.set(settings, entry)
    this.#read(intro).then(
      (file) => {
        entry.file = file
      },
      (error: unknown) => {
        const why = error instanceof Error ? error.message : String(error)
        log.error('an intro cannot be played', { intro, why })
      },
    )
    return undefined
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

/** The whole frames of a file, from the first on. @throws FormatError where it has none */
export function introOf(bytes: Uint8Array, contentType: string): IntroFile {
  const framer = framerFor(contentType)
  const clock = mediaClock(contentType)
  framer.push(bytes)
  clock?.push(bytes)
  const cut = framer.take()
  const from = framer.isContainer ? 0 : (cut.frames[0] ?? cut.bytes.length)
  const audio = cut.bytes.subarray(from)
  if (!clock || clock.playedMs === 0 || audio.length === 0) throw new FormatError('it holds no sound')
  return { bytes: asBuffer(audio), bytesPerMs: audio.length / clock.playedMs }
}
