import * as v from 'valibot'
import type { Mount } from '../../../shared/mount.ts'
import { parseWildcard, type Wildcard } from '../../lib/wildcard.ts'
import { mendable, nearest, truth } from '../mend.ts'
import type { MountSettings } from '../mount-settings.ts'
import {
  boolean,
  burst,
  bytes,
  integer,
  integerOrUnset,
  lineOfText,
  mebi,
  mount,
  sourceTimeoutS,
  text,
} from '../values.ts'
import { type AuthSettings, readAuth } from './auth-settings.ts'
import { at, readBlock, readOfFile, type Told, type Warn } from './block.ts'
import type { XmlElement } from './element.ts'
import { type HeaderRule, readHeaders } from './headers.ts'

const override = mendable(
  v.pipe(
    v.string(),
    v.toLowerCase(),
    v.regex(/^(0|1|no|yes|false|true|none|all|own)$/, 'expected 0, 1, none, all or own'),
    v.transform((word) => {
      if (word === 'own') return 'own' as const
      return /^(1|yes|true|all)$/.test(word) ? ('all' as const) : ('none' as const)
    }),
  ),
  truth,
)

const packaging = mendable(
  v.pipe(
    v.string(),
    v.toLowerCase(),
    v.picklist(['on request', 'always', 'off'], 'expected always, off or on request'),
  ),
  (word) =>
    /^(0|no|false|none|never)$/i.test(word)
      ? 'off'
      : /^(1|yes|true|on)$/i.test(word)
        ? 'on request'
        : undefined,
)

const visibility = mendable(v.pipe(v.string(), integer(-1, 1)), (word) => {
  if (/^client$/i.test(word)) return '-1' // Icecast 2.5's word
  return nearest(word, -1, 1) ?? (/^(yes|true|on)$/i.test(word) ? '1' : '0')
})

/** The elements of a `<mount>` that contain one text each. */
export const mountElements = {
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
  'source-timeout': sourceTimeoutS,
  hidden: boolean,
  'no-mount': boolean,
  'allow-direct-access': boolean, // 2.5's word for the opposite
  public: visibility,
  'no-yp': boolean, // the old word for the opposite
  charset: text,
  'mp3-metadata-interval': integerOrUnset(mebi),
  'icy-metadata-interval': integerOrUnset(mebi), // 2.5's
  'stream-name': lineOfText,
  'stream-description': lineOfText,
  'stream-url': lineOfText,
  genre: lineOfText,
  bitrate: lineOfText,
  type: lineOfText,
  subtype: lineOfText,
  'on-connect': text,
  'on-disconnect': text,
  hls: packaging, // ours
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

/** The contents of one `<mount>` block. */
export interface MountBlock {
  told: Told<typeof mountElements>
  headers: HeaderRule[]
  auth: AuthSettings | undefined
}

/** bytes between two blocks of ICY metadata: Icecast's default */
const metaintBytes = 16_000
export interface MountBlocks {
  exact: ReadonlyMap<Mount, MountBlock>
  patterns: readonly { pattern: Wildcard; block: MountBlock }[]
  /** `type="default"` */
  fallback: MountBlock | undefined
}

/** Reads all `<mount>` blocks. A block whose name is not a possible mount has no effect, as in Icecast. */
export function readMounts(elements: readonly XmlElement[], warn: Warn): MountBlocks {
  const exact = new Map<Mount, MountBlock>()
  const patterns: { pattern: Wildcard; block: MountBlock }[] = []
  let fallback: MountBlock | undefined
  for (const element of elements) {
    const block = {
      told: readBlock(element, mountElements, warn, { blocks: ['authentication', 'http-headers'], unused }),
      headers: readHeaders(element, warn),
      auth: readAuth(element, warn),
    }
    warnOfBurst(element, block, warn)
    const name = block.told['mount-name']
    if (element.attributes.type === 'default') fallback = block
    else if (name === undefined)
      warn(`${at(element)}<mount> has no <mount-name>, expected one, or type="default"; it is left out`)
    else if (/[*?[]/.test(name)) {
      const pattern = readWildcard(element, name, warn)
      if (pattern) patterns.push({ pattern, block })
    } else {
      const own = readOfFile(mount, `${at(element)}<mount><mount-name>`, name, warn)
      if (own !== undefined) exact.set(own, block)
    }
  }
  return { exact, patterns, fallback }
}

/** Warns of a queue that is shorter than the burst: it is made as long as the burst. */
function warnOfBurst(element: XmlElement, { told }: MountBlock, warn: Warn): void {
  const burstSize = told['burst-size']
  const queueBytes = told['queue-size']
  if (burstSize && queueBytes !== undefined && 'bytes' in burstSize && burstSize.bytes > queueBytes)
    warn(
      `${at(element)}<mount><burst-size> is "${burstSize.bytes}", expected at most the <queue-size>, ${queueBytes}; the queue is as long as the burst`,
    )
}

function readWildcard(element: XmlElement, glob: string, warn: Warn): Wildcard | undefined {
  try {
    return parseWildcard(glob)
  } catch {
    warn(
      `${at(element)}<mount><mount-name> is ${JSON.stringify(glob.slice(0, 60))}, expected a wildcard whose sets ascend, like [a-z]; it is left out`,
    )
    return undefined
  }
}

/** The settings of a block, with the defaults. */
export function settingsOf(
  told: Told<typeof mountElements>,
  headers: readonly HeaderRule[],
  auth: AuthSettings | undefined,
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
    auth,
    hls: told.hls ?? 'on request',
    onConnect: told['on-connect'],
    onDisconnect: told['on-disconnect'],
  }
}

function publicOf(told: Told<typeof mountElements>): boolean | undefined {
  if (told.public !== undefined && told.public >= 0) return told.public === 1
  return told['no-yp'] === true ? false : undefined
}
