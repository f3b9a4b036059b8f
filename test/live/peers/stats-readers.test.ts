import { spawnSync } from 'node:child_process'
import { expect, onTestFinished } from 'vitest'
import { numbered, setTitle, startSource } from '../../kit/audio/source.ts'
import { eventually } from '../../kit/base/eventually.ts'
import { startCluster } from '../../kit/cluster/cluster.ts'
import { isJson } from '../../kit/cluster/stats.ts'
import { type Shown, statsReaders } from '../../kit/cluster/stats-readers.ts'
import { startIcecast } from '../../kit/peers/icecast.ts'
import { peer } from '../../kit/peers/peers.ts'
import { secrets } from '../../kit/process/runtimes.ts'

const titles = ['Plain', 'Song "1"', '🎻', 'שלום', 'A - B', '', '-']

peer('icecast2', 'jq')(
  "readers of others read from an edge what they read from an Icecast with the same source, and jq reads titles that break Icecast's JSON",
  async () => {
    const icecast = await startIcecast()
    onTestFinished(() => icecast.stop())
    const cluster = await startCluster('node', 1)
    onTestFinished(() => cluster.stop())
    const play = (url: string, password: string) => {
      const headers = { 'Ice-Bitrate': '128', 'Ice-Name': 'Radio "One"' }
      const source = startSource({ url, password, programme: numbered, headers })
      onTestFinished(() => source.close())
    }
    const sides = [
      { name: 'icecast', at: icecast.url, to: icecast.url, password: 'source' },
      { name: 'edge', at: cluster.edge.url, to: cluster.master.url, password: secrets.source },
    ] as const
    const textOf = async (url: string) => (await fetch(`${url}/status-json.xsl`)).text()
    /** by reader: what it shows, or its error */
    const readBy = (text: string) =>
      Object.fromEntries(
        statsReaders.map(({ name, read }) => {
          try {
            return [name, read(JSON.parse(text)).map(withoutTime).sort(byMount)]
          } catch (error) {
            return [name, (error as Error).message]
          }
        }),
      )
    const compare = async (mounts: number, titles: readonly string[]) => {
      for (const title of titles) {
        const given = title || 'before'
        for (const { at, to, password } of sides) {
          await setTitle(`${to}/live.mp3`, password, given)
          if (title === '') await setTitle(`${to}/live.mp3`, password, '')
          const isShown = async () => {
            const text = await textOf(at)
            const shown = text.match(/"listenurl":/g)?.length === mounts
            // Icecast's JSON breaks on some titles; then there is nothing to compare
            const isReadable = at !== icecast.url || isJson(text)
            return shown && (!isReadable || hasTitle(withoutReferences(text), title))
          }
          await eventually(isShown)
        }
        const [stock = '', ours = ''] = (await Promise.all(sides.map(({ at }) => textOf(at)))).map(
          withoutReferences,
        )
        const where = `${mounts} mounts, title ${JSON.stringify(title)}`
        const filter = mounts === 1 ? '.icestats.source.title' : '.icestats.source[].title'
        const byJq = jq(filter, ours)
        expect(byJq.status, where).toBe(0)
        expect(byJq.lines, where).toContain(title || 'null')
        if (isJson(stock)) {
          expect(readBy(ours), where).toEqual(readBy(stock))
          expect(jq(filter, stock).lines.sort(), where).toEqual(byJq.lines.sort())
        }
        console.log(`${where}: Icecast's JSON is ${isJson(stock) ? 'valid' : 'broken'}`)
      }
    }
    cluster.source.close()
    for (const { to, password } of sides) play(`${to}/live.mp3`, password)
    await eventually(async () => (await textOf(cluster.edge.url)).includes('Radio \\"One\\"'))
    await compare(1, titles)
    for (const { to, password } of sides) play(`${to}/two.mp3`, password)
    await compare(2, ['Song "1"', '-'])
  },
)

/** Icecast 2.4.4 writes what its code page lacks as a reference of XML, in JSON too: `&#127931;` for a violin. */
const withoutReferences = (text: string) =>
  text.replace(/&#(\d+);/g, (_, code: string) => String.fromCodePoint(Number(code)))

const withoutTime = ({ startMs, ...shown }: Shown) => ({ ...shown, hasTime: startMs !== undefined })
const byMount = (a: Shown, b: Shown) => (a.mount < b.mount ? -1 : 1)

const jq = (filter: string, input: string) => {
  const { status, stdout } = spawnSync('jq', ['-r', filter], { input, encoding: 'utf8' })
  return { status, lines: stdout.split('\n').slice(0, -1) }
}

const hasTitle = (text: string, title: string) =>
  jq('[.icestats.source] | flatten | .[] | select(.listenurl | endswith("/live.mp3")) | .title', text)
    .lines[0] === (title || 'null')
