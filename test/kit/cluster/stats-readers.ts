/** A source of `status-json.xsl`, as it was parsed. */
export type StatsSource = Record<string, unknown>

/** What a program of others shows of a mount. */
export interface Shown {
  mount: string
  listeners?: number
  text?: string
  startMs?: number
}

interface Stats {
  icestats?: { source?: StatsSource | StatsSource[] }
}

/** A program of others that reads `status-json.xsl`: the file that holds its rules, at the commit that was read. */
interface StatsReader {
  name: string
  source: string
  /** Throws where the program reports an error instead. */
  read(stats: Stats): Shown[]
}

const listOf = ({ icestats }: Stats): StatsSource[] => [icestats?.source ?? []].flat()
const pathOf = ({ listenurl }: StatsSource) => decodeURIComponent(new URL(String(listenurl)).pathname)
const needs = (row: StatsSource, names: readonly string[]) => {
  for (const name of names) if (!(name in row)) throw new Error(`${name} is missing`)
}

/** PHP takes `0` for empty, too; AzuraCast trims dashes like blanks */
const cleaned = (value: unknown) => {
  const text = String(value ?? '').replace(/^[ \t\n\r\0\v-]+|[ \t\n\r\0\v-]+$/g, '')
  return text === '0' ? '' : text
}

export const statsReaders: readonly StatsReader[] = [
  {
    name: 'AzuraCast',
    // a mount whose song has no text is off air; bitrate and server_type are read without a check that they are there
    source:
      'AzuraCast/nowplaying@0946786 src/Adapter/Icecast.php, getJsonNowPlaying; @02904ba src/Result/CurrentSong.php',
    read(stats) {
      if (listOf(stats).length === 0) throw new Error('Invalid response')
      return listOf(stats).flatMap((row) => {
        needs(row, ['bitrate', 'server_type', 'listeners', 'listenurl'])
        const parts = [cleaned(row.artist), cleaned(row.title)].filter((part) => part !== '')
        const text = cleaned(row.yp_currently_playing) || parts.join(' - ')
        return text === '' ? [] : [{ mount: pathOf(row), listeners: Number(row.listeners), text }]
      })
    },
  },
  {
    name: 'netdata',
    // one chart for each name; a source without one is passed over
    source: 'netdata/netdata@24c6c93 src/go/plugin/go.d/modules/icecast/collect.go',
    read(stats) {
      if (listOf(stats).length === 0) throw new Error('no icecast sources found')
      return listOf(stats).flatMap((row) => {
        if (!row.server_name) return []
        if (!Number.isInteger(row.listeners)) throw new Error('listeners is not an int64')
        return [{ mount: pathOf(row), text: String(row.server_name), listeners: Number(row.listeners) }]
      })
    },
  },
  {
    name: 'icecast_exporter',
    // Go decodes `source` as a list alone, so that it reads no stats that have one mount, of any server;
    // times need a zone without a colon, and a missing time is the year 1
    source: 'markuslindenberg/icecast_exporter@10d5dc7 icecast_exporter.go',
    read(stats) {
      const { source } = stats.icestats ?? {}
      if (source !== undefined && !Array.isArray(source)) throw new Error('cannot unmarshal object')
      return listOf(stats).map((row) => {
        if (!Number.isInteger(row.listeners)) throw new Error('listeners is not an int')
        if (typeof row.server_type !== 'string') throw new Error('server_type is not a string')
        if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d{4}$/.test(String(row.stream_start_iso8601)))
          throw new Error('stream_start_iso8601 is not a time')
        const startMs = Date.parse(String(row.stream_start_iso8601))
        return { mount: pathOf(row), listeners: Number(row.listeners), text: row.server_type, startMs }
      })
    },
  },
]
