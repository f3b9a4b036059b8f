import { expect, onTestFinished } from 'vitest'
import { poll } from '../../../edge/outreach/poller.ts'
import { parsePolledServer } from '../../../shared/polled/server.ts'
import { basic, expecting, numbered, startSource } from '../../kit/audio/source.ts'
import { eventually } from '../../kit/base/eventually.ts'
import { isJson } from '../../kit/cluster/stats.ts'
import { startIcecast } from '../../kit/peers/icecast.ts'
import { stock, stockCommand, stockNames } from '../../kit/peers/stock.ts'
import { listenWhenServed } from '../../kit/wire/listener.ts'

for (const name of stockNames)
  stock(name)(
    `the stats of ${name} can be read, both as JSON that a title breaks in 2.4.4 and as XML`,
    async () => {
      const icecast = await startIcecast({ command: stockCommand(name) })
      onTestFinished(() => icecast.stop())
      const mountUrl = `${icecast.url}/caf%C3%A9.mp3`
      const headers = { 'Ice-Bitrate': '64', ...expecting }
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
        return (
          text.includes('"title":') &&
          text.includes('"listeners":1') &&
          isJson(text) === (name !== 'Icecast 2.4.4')
        )
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
      const xml = { kind: 'xml', password: 'admin' }
      await eventually(async () => (await read(xml)).listeners === 1) // 2.5 counts a mount's listeners before the server's
      expect(await read(xml)).toMatchObject({ ...expected, joins: 1 })
      await expect(read({ kind: 'xml', password: 'wrong' })).rejects.toThrow('it answered 401, expected 200')
    },
  )
