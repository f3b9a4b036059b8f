import { connectRaw } from './raw.ts'

/** requests that are on their way at a time: an answer each would mostly be spent on waiting for the next */
const atOnce = 50

/**
 * Sends `count` HEADs over one connection, many before the first is answered (RFC 9112, section 9.3.2), and counts the
 * answers by `Location` (or by status where there is none). @param method GET where the answers have no body
 */
export async function countHeads(
  url: string,
  count: number,
  method: 'HEAD' | 'GET' = 'HEAD',
): Promise<Map<string, number>> {
  const { host, port, pathname } = new URL(url)
  const counts = new Map<string, number>()
  const { socket, send } = connectRaw(Number(port))
  try {
    await new Promise<void>((resolve, reject) => {
      let asked = 0
      let answered = 0
      let text = ''
      const ask = () => {
        const more = Math.min(atOnce, count - asked)
        asked += more
        send(`${method} ${pathname} HTTP/1.1\r\nHost: ${host}\r\n\r\n`.repeat(more))
      }
      socket.on('data', (bytes) => {
        const heads = (text + bytes.toString('latin1')).split('\r\n\r\n')
        text = heads.pop() ?? ''
        for (const head of heads) {
          const answer = /^location: (.+?)\r?$/im.exec(head)?.[1] ?? head.slice(9, 12)
          counts.set(answer, (counts.get(answer) ?? 0) + 1)
        }
        answered += heads.length
        if (answered === count) resolve()
        else if (answered === asked) ask()
      })
      socket.on('close', () => reject(new Error(`closed after ${answered} of ${count} answers: ${text}`)))
      ask()
    })
  } finally {
    socket.destroy()
  }
  return counts
}
