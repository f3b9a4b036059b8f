import { mountHeaders } from '../../shared/draw/redirect.ts'
import type { Peer } from '../../shared/http/forwarded.ts'
import type { Answers } from './listening.ts'
import { type PlainHead, readPlainHead } from './plain-head.ts'

/** The answers to the first bytes of a connection. */
export interface PlainAnswers {
  /** the redirects for the requests read, one after the other */
  text: string
  /** bytes of the requests read, {@link other} included; the bytes after them need the full HTTP reader */
  read: number
  /** whether another request may follow */
  keepAlive: boolean
  /** the last request read, if it is not answered with a redirect that is known at once */
  other: { head: PlainHead; answer: Response | Promise<Response> } | undefined
}

/**
 * Answers the plain requests that a connection's bytes (as latin1) begin with, up to the first that is not answered with a
 * redirect. Each is placed once: an answer other than a redirect is handed on, since placing it again would count it twice.
 */
export function answerPlainly(bytes: string, place: Answers['place'], peer: Peer): PlainAnswers {
  let text = ''
  let read = 0
  let keepAlive = true
  while (read < bytes.length && keepAlive) {
    const head = readPlainHead(bytes, read)
    const placed = head && place(head, peer)
    if (head === undefined || placed === undefined) break
    read = head.end
    keepAlive = head.keepAlive
    if (typeof placed !== 'string') return { text, read, keepAlive, other: { head, answer: placed } }
    text += printRedirect(placed, keepAlive)
  }
  return { text, read, keepAlive, other: undefined }
}

/** A redirect as sent over the wire. */
export const printRedirect = (location: string, keepAlive: boolean) =>
  `HTTP/1.1 302 Found\r\nLocation: ${location}${tailNow(keepAlive)}`

const fixedHeaders = Object.entries({ ...mountHeaders, 'Content-Length': '0' })
  .map(([name, value]) => `${name}: ${value}\r\n`)
  .join('')

let tails = { keepAlive: '', close: '' }
let tailsAtSecond = 0

/** The part after the Location, the same for all redirects of a second. */
function tailNow(keepAlive: boolean): string {
  const second = Math.floor(Date.now() / 1000)
  if (second !== tailsAtSecond) {
    tailsAtSecond = second
    const tail = `\r\n${fixedHeaders}Date: ${new Date(second * 1000).toUTCString()}\r\nConnection: `
    tails = { keepAlive: `${tail}keep-alive\r\n\r\n`, close: `${tail}close\r\n\r\n` }
  }
  return keepAlive ? tails.keepAlive : tails.close
}
