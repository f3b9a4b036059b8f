import type { PiecedAnswer } from '../../../shared/hls/answers.ts'
import { hlsLimits } from '../../../shared/hls/limits.ts'
import type { HeaderRule } from '../../config/xml/headers.ts'
import type { Connection } from '../../http/connection.ts'
import { printHead } from '../../http/reply.ts'
import { runtimeTimers as timers } from '../../lib/timers.ts'
import { limits } from '../../limits.ts'

/**
 * Sends an answer in one write, and reads the next request of the connection if the client keeps it open: a player asks for a
 * segment every few seconds, and a new connection each time would cost more than the segment.
 */
export function sendPieced(connection: Connection, answer: PiecedAnswer, rules: readonly HeaderRule[]): void {
  const { socket, head } = connection
  const { status, pieces, bytes } = answer
  const headOnly = head.method === 'HEAD'
  const keepAlive = stays(connection)
  const headers = [...answer.headers, ['Content-Length', `${bytes}`] as const]
  const start = `${printHead({ version: head.version, status, headers, rules, keepAlive })}\r\n`
  const parts = headOnly ? [] : pieces
  const over = () => proceed(connection, keepAlive)
  socket.cork()
  socket.write(start, 'latin1', parts.length === 0 ? over : undefined)
  for (const [i, piece] of parts.entries()) socket.write(piece, i === parts.length - 1 ? over : undefined)
  socket.uncork()
  if (socket.writableLength > 0) watchTaking(connection)
}

/** Whether the connection stays open for another request. */
const stays = ({ head, answered }: Connection): boolean => {
  const wish = head.headers.get('connection')?.toLowerCase()
  const isKept = head.version === '1.1' ? wish !== 'close' : wish === 'keep-alive'
  return isKept && answered + 1 < hlsLimits.requestsMax
}

function proceed({ socket, readNext }: Connection, keepAlive: boolean): void {
  if (socket.destroyed) return
  if (keepAlive) readNext()
  else {
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
