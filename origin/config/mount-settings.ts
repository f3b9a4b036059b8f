import * as v from 'valibot'
import type { Mount } from '../../shared/mount.ts'
import { type AccessSettings, readAccess } from './access-settings.ts'
import { at, readBlock, type Told, type Warn } from './block.ts'
import type { Element } from './element.ts'
import { ConfigError } from './error.ts'
import { type HeaderRule, readHeaders } from './headers.ts'
import { type Burst, boolean, burst, bytes, integer, mebi, mount, text } from './values.ts'

/** What the operator says of one mount (`<mount>`; icecast-protocol §6.2). */
export interface MountSettings {
  readonly sourceUser: string
  /** undefined: the server's own */
  readonly sourcePassword: string | undefined
  /** null: no limit of its own */
  readonly maxListeners: number | null
  /** s after which a listener's connection is closed; 0: never */
  readonly maxListenerDurationS: number
  /** a file below the webroot that a listener hears first */
  readonly intro: string | undefined
  /** where a copy of the stream is appended; may hold `%Y` and the like of strftime */
  readonly dumpFile: string | undefined
  readonly fallback: Fallback | undefined
  /** undefined: the server's, so for the next two */
  readonly burst: Burst | undefined
  readonly queueBytes: number | undefined
  readonly sourceTimeoutMs: number | undefined
  /** not in public stats and lists; served to who knows it */
  readonly hidden: boolean
  /** nobody listens directly; others may fall back to it */
  readonly noMount: boolean
  /** whether it goes to the directories; undefined: as the source says */
  readonly public: boolean | undefined
  /** of titles that come without one; undefined: UTF-8 where they are that, else latin1 */
  readonly charset: string | undefined
  /** bytes of audio between two blocks of ICY metadata; 0: none */
  readonly metaintBytes: number
  /** what is told of the stream in place of what its source says */
  readonly stream: StreamTold
  /** on answers for this mount, beside the server's own */
  readonly headers: readonly HeaderRule[]
  /** undefined: everybody may listen */
  readonly access: AccessSettings | undefined
  /** programs run with the mount as argument */
  readonly onConnect: string | undefined
  readonly onDisconnect: string | undefined
}

export interface Fallback {
  /** another mount, or a file below the webroot */
  readonly mount: Mount
  /** who goes back when the mount is fed again: nobody, all who listen to the fallback, or those who came from here */
  readonly override: 'none' | 'all' | 'own'
  /** a listener who finds the mount full gets the fallback */
  readonly whenFull: boolean
}

export interface StreamTold {
  readonly name: string | undefined
  readonly description: string | undefined
  readonly url: string | undefined
  readonly genre: string | undefined
  readonly bitrate: string | undefined
  readonly type: string | undefined
  readonly subtype: string | undefined
}

const override = v.pipe(
  v.string(),
  v.toLowerCase(),
  v.regex(/^(0|1|no|yes|false|true|none|all|own)$/, 'expected 0, 1, none, all or own'),
  v.transform((word) => {
    if (word === 'own') return 'own' as const
    return /^(1|yes|true|all)$/.test(word) ? ('all' as const) : ('none' as const)
  }),
)

const fields = {
  'mount-name': text,
  username: text,
  password: text,
  'max-listeners': integer(-1, 1_000_000),
  'max-listener-duration': integer(0, 31_536_000),
  'dump-file': text,
  intro: text,
  'fallback-mount': mount,
  'fallback-override': override,
  'fallback-when-full': boolean,
  'burst-size': burst,
  'queue-size': bytes(16_384, 16 * mebi),
  'source-timeout': integer(1, 600),
  hidden: boolean,
  'no-mount': boolean,
  'allow-direct-access': boolean, // 2.5's word for the contrary
  public: integer(-1, 1),
  'no-yp': boolean, // the old word for the contrary
  charset: text,
  'mp3-metadata-interval': integer(0, mebi),
  'icy-metadata-interval': integer(0, mebi), // 2.5's
  'stream-name': text,
  'stream-description': text,
  'stream-url': text,
  genre: text,
  bitrate: text,
  type: text,
  subtype: text,
  'on-connect': text,
  'on-disconnect': text,
} as const

const unused = [
  'cluster-password',
  ...[
    'redirect',
    'redirect-to',
    'limit-rate',
    'max-bandwidth',
    'wait-time',
    'linger-for',
    'hijack',
    'ban-client',
  ],
  ...[
    'max-stream-duration',
    'intro-skip-replay',
    'skip-accesslog',
    'so-sndbuf',
    'allow-chunked',
    'allow-url-ogg',
  ],
  ...[
    'ogg-passthrough',
    'min-queue-size',
    'listenurl',
    'accesslog',
    'max-history',
    'file-format',
    'event-bindings',
  ],
] as const

interface MountBlock {
  told: Told<typeof fields>
  headers: HeaderRule[]
  access: AccessSettings | undefined
}

/** bytes between two blocks of ICY metadata: Icecast's default */
const metaintBytes = 16_000
/** names whose settings are remembered: requests may make up any number of them */
const rememberedMax = 1024

/** The `<mount>` blocks of a file. */
export class MountTable {
  /** mounts that have a block by their exact name */
  readonly known: readonly Mount[]
  #exact: ReadonlyMap<Mount, MountBlock>
  #patterns: readonly { pattern: RegExp; block: MountBlock }[]
  #default: MountBlock | undefined
  #remembered = new Map<Mount, MountSettings>()
  /** fallbacks that the admin has set since the file was read */
  #fallbacks = new Map<Mount, Mount>()

  constructor(blocks: MountBlocks) {
    this.#exact = blocks.exact
    this.#patterns = blocks.patterns
    this.#default = blocks.fallback
    this.known = [...blocks.exact.keys()]
  }

  /**
   * What holds for a mount: its own block, else the first whose wildcard names it, over `type="default"`. Who may
   * listen is not inherited by a mount that has a block, as in Icecast 2.4.
   */
  of(name: Mount): MountSettings {
    const remembered = this.#remembered.get(name)
    if (remembered) return remembered
    if (this.#remembered.size >= rememberedMax) this.#remembered.clear()
    const settings = this.#look(name)
    this.#remembered.set(name, settings)
    return settings
  }

  /** Sets the fallback of a mount until the file is read again: a table of the new file takes the place of this one. */
  setFallback(name: Mount, fallback: Mount): void {
    this.#fallbacks.set(name, fallback)
    this.#remembered.delete(name)
  }

  #look(name: Mount): MountSettings {
    const own = this.#exact.get(name) ?? this.#patterns.find(({ pattern }) => pattern.test(name))?.block
    const fallback = this.#fallbacks.get(name)
    return settingsOf(
      { ...this.#default?.told, ...own?.told, ...(fallback && { 'fallback-mount': fallback }) },
      [...(this.#default?.headers ?? []), ...(own?.headers ?? [])],
      (own ?? this.#default)?.access,
    )
  }
}

/** What holds for a mount of this server. */
export const mountSettings = ({ mounts }: { mounts: MountTable }, name: Mount): MountSettings =>
  mounts.of(name)

export interface MountBlocks {
  exact: ReadonlyMap<Mount, MountBlock>
  patterns: readonly { pattern: RegExp; block: MountBlock }[]
  /** `type="default"` */
  fallback: MountBlock | undefined
}

/** Reads all `<mount>` blocks. Throws {@link ConfigError}. */
export function readMounts(elements: readonly Element[], warn: Warn): MountBlocks {
  const exact = new Map<Mount, MountBlock>()
  const patterns: { pattern: RegExp; block: MountBlock }[] = []
  let fallback: MountBlock | undefined
  for (const element of elements) {
    const block = {
      told: readBlock(element, fields, warn, { blocks: ['authentication', 'http-headers'], unused }),
      headers: readHeaders(element, warn),
      access: readAccess(element, warn),
    }
    const name = block.told['mount-name']
    if (element.attributes.type === 'default') fallback = block
    else if (name === undefined)
      throw new ConfigError(`${at(element)}<mount> has no <mount-name>, expected one, or type="default"`)
    else if (/[*?[]/.test(name)) patterns.push({ pattern: wildcard(name), block })
    else exact.set(readName(element, name), block)
  }
  return { exact, patterns, fallback }
}

function readName(element: Element, name: string): Mount {
  const parsed = v.safeParse(mount, name)
  if (parsed.success) return parsed.output
  throw new ConfigError(
    `${at(element)}<mount><mount-name> is ${JSON.stringify(name.slice(0, 60))}, ${parsed.issues[0].message}`,
  )
}

/** A shell's wildcard (`*`, `?`, `[a-z]`, `[!a-z]`), in which `*` goes over slashes too. */
function wildcard(glob: string): RegExp {
  const source = glob.replace(
    /\[(!?)([^\]]+)\]|[\s\S]/g,
    (part, not: string | undefined, set: string | undefined) => {
      if (set !== undefined) return `[${not ? '^' : ''}${set.replace(/[\\^]/g, '\\$&')}]`
      if (part === '*') return '.*'
      return part === '?' ? '.' : part.replace(/[\\^$.|+(){}[\]]/g, '\\$&')
    },
  )
  return new RegExp(`^${source}$`, 's')
}

function settingsOf(
  told: Told<typeof fields>,
  headers: readonly HeaderRule[],
  access: AccessSettings | undefined,
): MountSettings {
  const fallbackMount = told['fallback-mount']
  const maxListeners = told['max-listeners'] ?? -1
  const sourceTimeoutS = told['source-timeout']
  return {
    sourceUser: told.username ?? 'source',
    sourcePassword: told.password,
    maxListeners: maxListeners < 0 ? null : maxListeners,
    maxListenerDurationS: told['max-listener-duration'] ?? 0,
    intro: told.intro,
    dumpFile: told['dump-file'],
    fallback:
      fallbackMount === undefined
        ? undefined
        : {
            mount: fallbackMount,
            override: told['fallback-override'] ?? 'none',
            whenFull: told['fallback-when-full'] ?? false,
          },
    burst: told['burst-size'],
    queueBytes: told['queue-size'],
    sourceTimeoutMs: sourceTimeoutS === undefined ? undefined : sourceTimeoutS * 1000,
    hidden: told.hidden ?? false,
    noMount: told['no-mount'] ?? told['allow-direct-access'] === false,
    public: publicOf(told),
    charset: told.charset,
    metaintBytes: told['mp3-metadata-interval'] ?? told['icy-metadata-interval'] ?? metaintBytes,
    stream: {
      name: told['stream-name'],
      description: told['stream-description'],
      url: told['stream-url'],
      genre: told.genre,
      bitrate: told.bitrate,
      type: told.type,
      subtype: told.subtype,
    },
    headers,
    access,
    onConnect: told['on-connect'],
    onDisconnect: told['on-disconnect'],
  }
}

function publicOf(told: Told<typeof fields>): boolean | undefined {
  if (told.public !== undefined && told.public >= 0) return told.public === 1
  return told['no-yp'] === true ? false : undefined
}
