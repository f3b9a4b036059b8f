import { Agent, request } from 'node:http'

/** Sends `count` HEADs over a few kept connections, and counts the answers by `Location` (or by status where there is none). */
export async function countHeads(url: string, count: number): Promise<Map<string, number>> {
  const agent = new Agent({ keepAlive: true, maxSockets: 8 })
  const counts = new Map<string, number>()
  const head = () =>
    new Promise<void>((resolve, reject) => {
      request(url, { method: 'HEAD', agent }, (response) => {
        const answer = response.headers.location ?? String(response.statusCode)
        counts.set(answer, (counts.get(answer) ?? 0) + 1)
        response.resume().on('end', resolve)
      })
        .on('error', reject)
        .end()
    })
  let left = count
  const worker = async () => {
    while (left-- > 0) await head()
  }
  await Promise.all(Array.from({ length: 8 }, worker))
  agent.destroy()
  return counts
}
