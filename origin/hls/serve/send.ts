import type { PiecedAnswer } from '../../../shared/hls/answers.ts'
import { hlsLimits } from '../../../shared/hls/limits.ts'
import type { HeaderRule } from '../../config/xml/headers.ts'
import { type Connection, takeSocket } from '../../http/connection.ts'
import { runtimeTimers as timers } from '../../lib/timers.ts'
import { limits } from '../../limits.ts'
import type { KeptBytes } from './kept-bytes.ts'

/**
 * Sends an answer in one write, and reads the next request of the connection if the client keeps it open: a player asks for a
 * segment every few seconds, and a new connection each time would cost more than the segment.
 * @param wallMs now, ms since 1970
 */
export function sendPieced(
  connection: Connection,
  answer: PiecedAnswer,
  rules: readonly HeaderRule[],
  kept: KeptBytes,
  wallMs = Date.now(),
): void {
  const { socket, head } = connection
  const keepAlive = stays(connection)
  const options = { version: head.version, keepAlive, rules, wallMs }
  const isHead = head.method === 'HEAD'
  const over = () => proceed(connection, keepAlive)
  const whole = isHead ? undefined : kept.whole(answer, options)
  if (whole && !connection.via.secure) {
    socket.write(whole)
    if (socket.writableLength === 0) {
      proceed(connection, keepAlive) // the system has it already: nothing has to call back
      return
    }
    socket.write(nothing, over) // called once all before it is written
  } else if (whole) socket.write(whole, over)
  else {
    const pieces = isHead ? [] : answer.pieces
    socket.cork()
    socket.write(kept.head(answer, options), pieces.length === 0 ? over : undefined)
    for (const [i, piece] of pieces.entries()) socket.write(piece, i === pieces.length - 1 ? over : undefined)
    socket.uncork()
  }
  if (socket.writableLength > 0) watchTaking(connection)
}

const nothing = Buffer.alloc(0)

/**
 * Leaves what the client sends meanwhile unread: it may send its next requests before it has the answer (RFC 9112 §9.3.2), and bytes that
 * arrive while nobody reads are lost.
 */
export function holdNext({ socket, line }: Connection): void {
  if (!line) socket.pause()
}

/** Whether the connection stays open for another request. */
const stays = ({ head, answered }: Connection): boolean => {
  const wish = head.headers.get('connection')?.toLowerCase()
  const isKept = head.version === '1.1' ? wish !== 'close' : wish === 'keep-alive'
  return isKept && answered + 1 < hlsLimits.requestsMax
}

function proceed(connection: Connection, keepAlive: boolean): void {
  const { socket, line, readNext } = connection
  if (socket.destroyed) return
  if (keepAlive) {
    if (!line) socket.resume() // before it is read, since the next request may be here already, and pauses it again
    readNext()
  } else {
    takeSocket(connection)
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
