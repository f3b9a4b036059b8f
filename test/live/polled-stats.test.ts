import { expect, onTestFinished } from 'vitest'
import { poll } from '../../edge/poller.ts'
import { parsePolledServer } from '../../shared/polled-server.ts'
import { eventually } from '../kit/eventually.ts'
import { startIcecast } from '../kit/icecast.ts'
import { listenWhenServed } from '../kit/listener.ts'
import { peer } from '../kit/peers.ts'
import { basic, numbered, startSource } from '../kit/source.ts'

peer('icecast2')(
  'the stats of a stock Icecast 2.4.4 can be read, by JSON that a title breaks and by XML alike',
  async () => {
    const icecast = await startIcecast()
    onTestFinished(() => icecast.stop())
    const mountUrl = `${icecast.url}/caf%C3%A9.mp3`
    const headers = { 'Ice-Bitrate': '64' }
    const source = startSource({ url: mountUrl, password: 'source', programme: numbered, headers })
    onTestFinished(() => source.close())
    const listener = await listenWhenServed(mountUrl)
    onTestFinished(() => listener.close())
    const title = new URLSearchParams({ mode: 'updinfo', mount: '/café.mp3', song: '-' })
    const authorization = { Authorization: basic('source', 'source') }
    expect((await fetch(`${icecast.url}/admin/metadata?${title}`, { headers: authorization })).status).toBe(
      200,
    )
    await eventually(async () => {
      const text = await (await fetch(`${icecast.url}/status-json.xsl`)).text()
      return text.includes('"title":') && text.includes('"listeners":1') && !isJson(text)
    })

    const read = (over: object) =>
      poll(parsePolledServer(JSON.stringify({ url: icecast.url, maxListeners: 10, ...over })), fetch)
    const expected = {
      urls: [icecast.url],
      listeners: 1,
      bandwidth: 64,
      mounts: [{ mount: '/café.mp3', listeners: 1, max: null, kbps: 64, contentType: 'audio/mpeg' }],
    }
    expect(await read({})).toMatchObject(expected)
    expect(await read({ kind: 'xml', password: 'admin' })).toMatchObject({ ...expected, joins: 1 })
    await expect(read({ kind: 'xml', password: 'wrong' })).rejects.toThrow('it answered 401, expected 200')
  },
)

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
