import { createConfig } from '../../../origin/config/config.ts'
import { parseIcecastXml } from '../../../origin/config/xml/icecast-xml.ts'
import type { RelaySettings, UpstreamSettings } from '../../../origin/config/xml/relay-settings.ts'
import { mergeLists } from '../../../origin/relay/lists/merged-lists.ts'
import type { PullEvents, PullOptions } from '../../../origin/relay/pull/pull.ts'
import { parseResponseHead, type ResponseHead } from '../../../origin/relay/pull/response-head.ts'
import { Relays } from '../../../origin/relay/relays.ts'
import { createState } from '../../../origin/state.ts'
import { parseStreamList } from '../../../shared/report/stream-list.ts'
import { numberedFrame } from '../audio/numbered-frames.ts'
import { ManualTime } from '../base/manual-time.ts'
import { mountOf } from './reports.ts'

/** One attempt of a relay, which a test lets succeed or fail. */
export interface FakePull {
  url: string
  options: PullOptions
  events: PullEvents
  closed: boolean
  /** The upstream answers with a stream, of MP3 unless headers say otherwise. */
  open(headers?: string): void
  /** It sends so many frames, from a number on. */
  send(from: number, count: number): void
}

/** The head of a reply that must be one. */
export function headOf(text: string): ResponseHead {
  const result = parseResponseHead(new TextEncoder().encode(text))
  if (result === 'incomplete' || 'wrong' in result) throw new Error(JSON.stringify(result))
  return result.head
}

const fakePull = (url: URL, options: PullOptions, events: PullEvents): FakePull => ({
  url: url.href,
  options,
  events,
  closed: false,
  open: (headers = 'Content-Type: audio/mpeg\r\nicy-name: Radio\r\n') =>
    events.opened(headOf(`HTTP/1.0 200 OK\r\n${headers}\r\n`), url),
  send(from, count) {
    for (let n = from; n < from + count; n++) events.data(numberedFrame(n))
  },
})

/** A `<relay>` block of `/live.mp3` with these upstreams. */
export const relaySettings = (
  hosts: readonly (string | UpstreamSettings)[],
  over: Partial<RelaySettings> = {},
): RelaySettings => ({
  mount: mountOf('/live.mp3'),
  upstreams: hosts.map((host) =>
    typeof host === 'string'
      ? { url: new URL(`http://${host}/live.mp3`), user: undefined, password: undefined }
      : host,
  ),
  icy: true,
  onDemand: undefined,
  retryDelayMs: undefined,
  ...over,
})

/** The relays of a slave in memory: its master `http://m.example` and all upstreams are what the test says. */
export function relaysInMemory(
  options: { onDemand?: boolean; blocks?: readonly RelaySettings[]; sources?: number; xml?: string } = {},
) {
  const time = new ManualTime()
  const config = createConfig({
    flags: {
      master: ['http://m.example'],
      masterPassword: 'pw',
      hostname: 'a.example',
      onDemand: options.onDemand ?? false,
    },
    environment: {},
    file: options.xml === undefined ? undefined : parseIcecastXml(`<icecast>${options.xml}</icecast>`),
  })
  config.relays = options.blocks ?? []
  config.limits.sources = options.sources ?? config.limits.sources
  const state = createState(config, time.nowMs, time)
  const pulls: FakePull[] = []
  let ended = 0
  const relays = new Relays({
    mounts: state.mounts,
    timers: time,
    nowMs: time.nowMs,
    pull: (url, pullOptions, events) => {
      const pull = fakePull(url, pullOptions, events)
      pulls.push(pull)
      return {
        close: () => {
          pull.closed = true
        },
      }
    },
    roll: () => 0,
    viaName: 'boot',
    lookUp: () => Promise.resolve([]),
    config,
    onEnded: () => ended++,
    onChange: () => {},
  })
  state.mounts.onDemand = relays
  relays.start()
  const newest = () => {
    const pull = pulls.at(-1)
    if (!pull) throw new Error('nothing was pulled')
    return pull
  }
  return {
    time,
    config,
    state,
    relays,
    pulls,
    newest,
    /** hosts that were asked so far, in order */
    asked: () => pulls.map(({ url }) => new URL(url).host),
    /** The master's list comes. */
    list(text: string) {
      const { entries } = parseStreamList(text)
      const told = { url: 'http://m.example', authorization: 'Basic secret', entries, isAnswering: true }
      relays.apply(
        mergeLists([told]),
        entries.map(({ mount }) => mount),
      )
    },
    /** The newest attempt succeeds and brings so many frames, from a number on. */
    play(from: number, count: number) {
      newest().open()
      newest().send(from, count)
    },
    send: (from: number, count: number) => newest().send(from, count),
    live: () => state.mounts.get(mountOf('/live.mp3')),
    ended: () => ended,
  }
}
