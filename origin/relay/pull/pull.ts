import { connect as connectTcp, isIP, type LookupFunction, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { joined } from '../../../shared/bytes.ts'
import { messageOf } from '../../../shared/message-of.ts'
import type { Timers } from '../../lib/timers.ts'
import { relayLimits } from '../limits.ts'
import { checkReach, isFree, type Reach } from './reach.ts'
import { judge, printRelayRequest } from './request.ts'
import { parseResponseHead, type ResponseHead } from './response-head.ts'

export interface PullOptions {
  /** `Authorization` for a host, by its origin; undefined for hosts that must not see the relay's credentials */
  authorizationFor: (origin: string) => string | undefined
  /** limits on where lists and redirects may lead */
  reach: Reach
  /** ms without a byte after which the connection is considered lost */
  silenceMs: number
  /** whether to ask for titles */
  icy: boolean
  /** the mount that receives the stream, as {@link hopOf} writes it */
  hop: string
  timers: Timers
}

export interface PullEvents {
  /** The reply is a stream; its bytes are passed to `data`. `url`: where the redirects ended. */
  opened(head: ResponseHead, url: URL): void
  data(bytes: Uint8Array): void
  /** Called once, whatever the reason, but not if the owner closed it. */
  lost(why: string): void
}

/** checks per silence timeout: silence is noticed at most a quarter late */
const looksPerSilence = 4

/** Starts one attempt at a stream, as {@link Pull} does; tests pass their own. */
export type StartPull = (url: URL, options: PullOptions, events: PullEvents) => Pick<Pull, 'close'>

/**
 * One attempt at a stream: connects, sends the request, follows redirects, and passes on the bytes until either side
 * ends.
 */
export class Pull {
  #options: PullOptions
  #events: PullEvents
  #socket: Socket | undefined
  #cancelDeadline = () => {}
  #heard = false
  #closed = false

  constructor(url: URL, options: PullOptions, events: PullEvents) {
    this.#options = options
    this.#events = events
    this.#request(url, 1)
  }

  /** Ends it without calling `lost`. */
  close(): void {
    this.#closed = true
    this.#cancelDeadline()
    this.#socket?.destroy()
  }

  #lose(why: string): void {
    if (this.#closed) return
    this.close()
    this.#events.lost(why)
  }

  #request(url: URL, count: number): void {
    this.#socket = undefined
    this.#deadline(relayLimits.connectTimeoutMs, 'connection timed out')
    const { reach } = this.#options
    if (isFree(url, reach)) {
      this.#connect(url, count)
      return
    }
    checkReach(url, reach).then(
      (checked) => {
        if ('refused' in checked) this.#lose(checked.refused)
        else if (!this.#closed) this.#connect(url, count, checked.addresses)
      },
      (error: unknown) => this.#lose(messageOf(error)),
    )
  }

  /** @param addresses the only addresses of the host to connect to; left out: any */
  #connect(url: URL, count: number, addresses?: readonly string[]): void {
    const socket = open(url, addresses)
    this.#socket = socket
    let unread: Uint8Array | undefined = new Uint8Array()
    socket.setNoDelay(true)
    socket.on(url.protocol === 'https:' ? 'secureConnect' : 'connect', () => {
      this.#deadline(relayLimits.headTimeoutMs, 'no reply: timed out')
      const { authorizationFor, icy, hop } = this.#options
      socket.write(printRelayRequest(url, { authorization: authorizationFor(url.origin), icy, hop }))
    })
    socket.on('data', (bytes: Buffer) => {
      if (this.#closed || socket !== this.#socket) return
      if (!unread) {
        this.#heard = true
        this.#events.data(bytes)
        return
      }
      unread = joined([unread, bytes])
      const body = this.#readHead(unread, url, count)
      if (!body) return
      unread = undefined
      if (body.length > 0) this.#events.data(body)
    })
    const ended = (why: string) => socket === this.#socket && this.#lose(why)
    socket.on('error', (error) => ended(error.message))
    socket.on('end', () => ended('closed by the upstream'))
    socket.on('close', () => ended('connection closed'))
  }

  /** Returns the first bytes of the stream once the head is complete and accepted. */
  #readHead(bytes: Uint8Array, url: URL, count: number): Uint8Array | undefined {
    const result = parseResponseHead(bytes)
    if (result === 'incomplete') return undefined
    if ('wrong' in result) {
      this.#lose(result.wrong)
      return undefined
    }
    const verdict = judge(result.head, url)
    if ('refused' in verdict) this.#lose(verdict.refused)
    else if ('redirect' in verdict) this.#follow(verdict.redirect, count)
    else {
      this.#watchSilence()
      this.#events.opened(result.head, url)
      if (!this.#closed) return bytes.subarray(result.bodyAt)
    }
    return undefined
  }

  #follow(target: URL, count: number): void {
    if (count >= relayLimits.requestsMax) {
      this.#lose(`redirected ${relayLimits.requestsMax} times`)
      return
    }
    const former = this.#socket
    this.#request(target, count + 1)
    former?.destroy()
  }

  /** Gives up a connection that was silent at this many checks in a row; a timer per packet would cost more. */
  #watchSilence(silentLooks = 0): void {
    const { timers, silenceMs } = this.#options
    this.#heard = false
    this.#cancelDeadline()
    this.#cancelDeadline = timers.after(silenceMs / looksPerSilence, () => {
      if (this.#heard) this.#watchSilence()
      else if (silentLooks + 1 < looksPerSilence) this.#watchSilence(silentLooks + 1)
      else this.#lose(`no bytes for ${silenceMs} ms`)
    })
  }

  #deadline(ms: number, why: string): void {
    this.#cancelDeadline()
    this.#cancelDeadline = this.#options.timers.after(ms, () => this.#lose(why))
  }
}

function open({ protocol, hostname, port }: URL, addresses?: readonly string[]): Socket {
  const host = hostname.replace(/^\[|\]$/g, '')
  const lookup = addresses && { lookup: lookupOf(addresses) }
  if (protocol !== 'https:') return connectTcp({ host, port: Number(port) || 80, ...lookup })
  // a name for SNI; addresses are not allowed there (RFC 6066 §3)
  const servername = isIP(host) ? undefined : { servername: host }
  return connectTls({ host, port: Number(port) || 443, ...lookup, ...servername })
}

/** Returns the addresses that were checked: the name may resolve to others a moment later. */
function lookupOf(addresses: readonly string[]): LookupFunction {
  const all = addresses.map((address) => ({ address, family: isIP(address) }))
  return (host, { all: wantsAll }, callback) => {
    const [first] = all
    if (wantsAll) callback(null, all)
    else if (first) callback(null, first.address, first.family)
    else callback(new Error(`${host} has no address`), '')
  }
}
