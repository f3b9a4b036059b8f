import { mountHeaders } from '../../shared/draw/redirect.ts'
import type { Answers, Peer } from './listening.ts'
import { readPlainHead } from './plain-head.ts'

/** What some bytes of a connection are answered with. */
export interface PlainAnswers {
  /** the redirects of the requests read, one behind the other */
  text: string
  /** bytes that they took; at what follows an HTTP server has to look */
  read: number
  /** whether another request may follow */
  keepAlive: boolean
}

/** Answers the plain requests that a connection's bytes (as latin1) begin with, as long as each ends in a redirect. */
export function answerPlainly(bytes: string, redirect: Answers['redirect'], peer: Peer): PlainAnswers {
  let text = ''
  let read = 0
  let keepAlive = true
  while (read < bytes.length && keepAlive) {
    const head = readPlainHead(bytes, read)
    const location = head && redirect(head, peer)
    if (head === undefined || location === undefined) break
    text += printRedirect(location, head.keepAlive)
    read = head.end
    keepAlive = head.keepAlive
  }
  return { text, read, keepAlive }
}

/** A redirect as it goes over the wire. */
export const printRedirect = (location: string, keepAlive: boolean) =>
  `HTTP/1.1 302 Found\r\nLocation: ${location}${tailNow(keepAlive)}`

const fixedHeaders = Object.entries({ ...mountHeaders, 'Content-Length': '0' })
  .map(([name, value]) => `${name}: ${value}\r\n`)
  .join('')

let tails = { keepAlive: '', close: '' }
let tailsAtSecond = 0

/** What stands behind the Location, the same for all redirects of a second. */
function tailNow(keepAlive: boolean): string {
  const second = Math.floor(Date.now() / 1000)
  if (second !== tailsAtSecond) {
    tailsAtSecond = second
    const tail = `\r\n${fixedHeaders}Date: ${new Date(second * 1000).toUTCString()}\r\nConnection: `
    tails = { keepAlive: `${tail}keep-alive\r\n\r\n`, close: `${tail}close\r\n\r\n` }
  }
  return keepAlive ? tails.keepAlive : tails.close
}
