import { mountHeaders } from '../shared/redirect.ts'
import type { Answers, Peer } from './listening.ts'
import { parsePlainHead } from './plain-head.ts'

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
    const head = parsePlainHead(bytes, read)
    const location = head && redirect(head, peer)
    if (head === undefined || location === undefined) break
    text += printRedirect(location, head.keepAlive)
    read = head.end
    keepAlive = head.keepAlive
  }
  return { text, read, keepAlive }
}

const fixedHeaders = Object.entries({ ...mountHeaders, 'Content-Length': '0' })
  .map(([name, value]) => `${name}: ${value}\r\n`)
  .join('')

const printRedirect = (location: string, keepAlive: boolean) =>
  `HTTP/1.1 302 Found\r\nLocation: ${location}\r\n${fixedHeaders}Date: ${dateNow()}\r\nConnection: ${keepAlive ? 'keep-alive' : 'close'}\r\n\r\n`

let date = ''
let dateAtSecond = 0

/** The date of this second as HTTP writes it. */
function dateNow(): string {
  const second = Math.floor(Date.now() / 1000)
  if (second !== dateAtSecond) {
    dateAtSecond = second
    date = new Date(second * 1000).toUTCString()
  }
  return date
}
