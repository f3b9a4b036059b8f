import type { PiecedAnswer } from '../../../shared/hls/answers.ts'
import { hlsLimits } from '../../../shared/hls/limits.ts'
import type { HeaderRule } from '../../config/xml/headers.ts'
import type { Connection } from '../../http/connection.ts'
import { printHead } from '../../http/reply.ts'
import { runtimeTimers as timers } from '../../lib/timers.ts'
import { limits } from '../../limits.ts'

/** bytes of a body that is copied behind its head, once a second for all listeners: one write costs less than two */
const copiedMax = 262_144

/**
 * Sends an answer in one write, and reads the next request of the connection if the client keeps it open: a player asks for a
 * segment every few seconds, and a new connection each time would cost more than the segment.
 */
export function sendPieced(connection: Connection, answer: PiecedAnswer, rules: readonly HeaderRule[]): void {
  const { socket, head } = connection
  const keepAlive = stays(connection)
  const printed = printedOf(answer, head.version, keepAlive, rules)
  const over = () => proceed(connection, keepAlive)
  const whole = head.method === 'HEAD' ? printed.head : wholeOf(printed, answer)
  if (whole) socket.write(whole, over)
  else {
    socket.cork()
    socket.write(printed.head)
    for (const [i, piece] of answer.pieces.entries())
      socket.write(piece, i === answer.pieces.length - 1 ? over : undefined)
    socket.uncork()
  }
  if (socket.writableLength > 0) watchTaking(connection)
}

/** A head, and what it was printed with. */
interface Printed {
  rules: readonly HeaderRule[]
  head: Buffer
  /** the head and the only piece that it was sent with */
  whole: { piece: Uint8Array | undefined; bytes: Buffer } | undefined
}

/** by the list of headers, which is the same one for all answers with the same object: only the date changes, once a second */
const kept = new WeakMap<PiecedAnswer['headers'], { second: number; printed: Map<string, Printed> }>()

function printedOf(
  { status, headers, bytes }: PiecedAnswer,
  version: '1.0' | '1.1',
  keepAlive: boolean,
  rules: readonly HeaderRule[],
): Printed {
  const second = Math.floor(Date.now() / 1000)
  const known = kept.get(headers)
  const printed = known?.second === second ? known.printed : new Map<string, Printed>()
  if (known?.second !== second) kept.set(headers, { second, printed })
  const key = `${version} ${status} ${keepAlive} ${bytes}`
  const before = printed.get(key)
  if (before?.rules === rules) return before
  const all = [...headers, ['Content-Length', `${bytes}`] as const]
  const text = `${printHead({ version, status, headers: all, rules, keepAlive })}\r\n`
  const made: Printed = { rules, head: Buffer.from(text, 'latin1'), whole: undefined }
  printed.set(key, made)
  return made
}

/** All bytes of an answer, which are kept with its head; undefined if there are too many to copy. */
function wholeOf(printed: Printed, { pieces, bytes }: PiecedAnswer): Buffer | undefined {
  const [piece] = pieces
  if (printed.whole && printed.whole.piece === piece) return printed.whole.bytes
  if (bytes > copiedMax || pieces.length > 1) return undefined
  const whole = Buffer.concat(piece ? [printed.head, piece] : [printed.head])
  printed.whole = { piece, bytes: whole }
  return whole
}

/**
 * Leaves what the client sends meanwhile unread: it may send its next requests before it has the answer (RFC 9112 §9.3.2), and bytes that
 * arrive while nobody reads are lost.
 */
export const holdNext = ({ socket }: Connection): void => void socket.pause()

/** Whether the connection stays open for another request. */
const stays = ({ head, answered }: Connection): boolean => {
  const wish = head.headers.get('connection')?.toLowerCase()
  const isKept = head.version === '1.1' ? wish !== 'close' : wish === 'keep-alive'
  return isKept && answered + 1 < hlsLimits.requestsMax
}

function proceed({ socket, readNext }: Connection, keepAlive: boolean): void {
  if (socket.destroyed) return
  if (keepAlive) {
    socket.resume() // before it is read, since the next request may be here already, and pauses it again
    readNext()
  } else {
    socket.resume() // what the client still sends is discarded
    socket.end()
    const cancel = timers.after(limits.lingerMs, () => socket.destroy())
    socket.once('close', cancel)
  }
}

/** Disconnects a client that reads nothing of an answer for a while. */
function watchTaking({ socket }: Connection): void {
  let left = socket.writableLength
  const look = (): (() => void) =>
    timers.after(limits.answerStallMs, () => {
      const { writableLength } = socket
      if (writableLength === 0) socket.off('close', stop)
      else if (writableLength >= left) socket.destroy()
      else {
        left = writableLength
        cancel = look()
      }
    })
  let cancel = look()
  const stop = () => cancel()
  socket.once('close', stop)
}
