import { expect, test } from 'vitest'
import { eventually } from '../kit/eventually.ts'
import { parsePathways, readMediaPlaylist } from '../kit/hls-readers.ts'
import { numbersHeard } from '../kit/numbers-heard.ts'
import { masterAt, secrets, startEdge, startOrigin } from '../kit/runtimes.ts'
import { numbered, startSource } from '../kit/source.ts'

test('an edge that carries gives the frames of the source, number by number, and the bytes of the master', {
  timeout: 120_000,
}, async () => {
  const edge = await startEdge('node', { HLS_EDGE: 'always' })
  const master = await startOrigin('node', masterAt(edge))
  const source = startSource({ url: `${master.url}/live.mp3`, password: secrets.source, programme: numbered })
  try {
    const text = await eventually(async () => {
      const answer = await fetch(`${edge.url}/live.mp3.m3u8`)
      return answer.ok && answer.text()
    })
    const [first, second] = parsePathways(text)
    expect([first?.id, first?.url.startsWith(`${edge.url}/hls/live.mp3/media.m3u8?s=`)]).toEqual([
      'edge',
      true,
    ])
    const playlistAt = async (url: string) => readMediaPlaylist(await (await fetch(url)).text()).segments
    const segments = await eventually(async () => {
      const listed = await playlistAt(String(first?.url))
      return listed.length >= 3 && listed
    })
    // fetch takes gzip, and unpacks it
    const session = `${master.url}/hls/live.mp3/media.m3u8?s=AbCdEfGhIjKlMnOp`
    const own = await fetch(session)
    expect(Object.fromEntries(own.headers)).toMatchObject({
      'content-encoding': 'gzip',
      'cache-control': 'max-age=2',
      vary: 'Accept-Encoding',
    })
    const plain = await fetch(session, { headers: { 'accept-encoding': 'identity' } })
    expect(plain.headers.get('content-encoding')).toBeNull()
    const named = (await own.text()).match(/^\d+\.mp3.*$/gm) ?? []
    expect(named.length).toBeGreaterThan(2)
    expect(named.filter((line) => !line.endsWith('?s=AbCdEfGhIjKlMnOp'))).toEqual([])
    expect(await plain.text()).toContain(named[0])
    const pieces: Uint8Array[] = []
    for (const { uri } of segments) {
      const [carried, own] = await Promise.all(
        [first, second].map(async (pathway) => {
          const answer = await fetch(new URL(uri, pathway?.url))
          expect([uri, answer.status]).toEqual([uri, 200])
          return new Uint8Array(await answer.arrayBuffer())
        }),
      )
      expect(carried).toEqual(own)
      pieces.push(carried ?? new Uint8Array())
    }
    const { numbers } = numbersHeard(Buffer.concat(pieces), 0)
    expect(numbers.length).toBeGreaterThan(100)
    expect(numbers).toEqual(numbers.map((_, i) => (numbers[0] ?? 0) + i))
  } finally {
    source.close()
    await Promise.all([master.stop(), edge.stop()])
  }
})
