import { basic, startSource } from '../../kit/audio/source.ts'
import { tagged } from '../../kit/audio/tagged.ts'
import { eventually } from '../../kit/base/eventually.ts'
import { rivalNames } from '../../kit/cluster/rivals.ts'
import { compare, mountBlock, type Scene } from '../../kit/cluster/scene.ts'
import type { Stage } from '../../kit/cluster/stage.ts'
import { secrets } from '../../kit/process/runtimes.ts'
import { connectRaw, exchange } from '../../kit/wire/raw.ts'

/** Names of the elements in XML, in order, each once. */
const namesIn = (xml: string) => [
  ...new Set([...xml.matchAll(/<([A-Za-z_][\w-]*)[ >/]/g)].map(([, name]) => name)),
]
/** This mount's source in an answer that contains others too. */
const sourceIn = (xml: string, mount: string) =>
  new RegExp(`<source mount="${mount}">.*?</source>`, 's').exec(xml)?.[0] ?? ''
/** Values that differ between runs, as `#`. */
const steady = (xml: string) => xml.replace(/<(Connected|ID)>\d+</g, '<$1>#<').trim()
/** The text of an error page. */
const said = ({ status, text }: { status: number; text: string }) =>
  `${status} ${text.replace(/<title>.*<\/title>|<[^>]+>/g, '').trim()}`

/** A source that sends every header that a source can. */
async function tellingSource(stage: Stage, mount: string): Promise<void> {
  const headers = {
    'Ice-Name': 'Name',
    'Ice-Description': 'D',
    'Ice-Genre': 'rock',
    'Ice-Url': 'http://u.example/',
    'Ice-Public': '0',
    'Ice-Audio-Info': 'samplerate=44100;channels=2',
  }
  const url = stage.server.url + mount
  const source = startSource({ url, password: secrets.source, programme: tagged('live'), headers })
  stage.onCurtain(() => source.close())
  await eventually(() => source.isPlaying && source.sent > 10)
}

/** The answers to these paths, by path. */
async function answers(stage: Stage, paths: readonly string[]): Promise<Record<string, string>> {
  const seen: Record<string, string> = {}
  for (const path of paths) seen[path] = said(await stage.admin(`/admin/${path}`))
  return seen
}

const statsKeys = [
  ...[
    'audio_info',
    'channels',
    'genre',
    'listener_peak',
    'listeners',
    'listenurl',
    'max_listeners',
    'public',
  ],
  ...[
    'samplerate',
    'server_description',
    'server_name',
    'server_type',
    'server_url',
    'slow_listeners',
    'source_ip',
  ],
  ...['stream_start', 'stream_start_iso8601', 'title', 'total_bytes_read', 'total_bytes_sent', 'user_agent'],
]
const serverKeys = [
  ...[
    'admin',
    'client_connections',
    'clients',
    'connections',
    'file_connections',
    'host',
    'listener_connections',
  ],
  ...[
    'listeners',
    'location',
    'server_id',
    'server_start',
    'server_start_iso8601',
    'source_client_connections',
  ],
  ...['source_relay_connections', 'source_total_connections', 'sources', 'stats', 'stats_connections'],
]
const sorted = (names: readonly string[]) => [...names].sort()

/** Icecast 2.4.4's answers to titles and fallbacks. */
const wordsOfMetadata = {
  song: '<?xml version="1.0"?>\n<iceresponse><message>Metadata update successful</message><return>1</return></iceresponse>',
  nothing:
    '<?xml version="1.0"?>\n<iceresponse><message>Metadata update successful</message><return>1</return></iceresponse>',
  mode: '<?xml version="1.0"?>\n<iceresponse><message>No such action</message><return>0</return></iceresponse>',
  ogg: '<?xml version="1.0"?>\n<iceresponse><message>Mountpoint will not accept URL updates</message><return>1</return></iceresponse>',
  form: '<?xml version="1.0"?>\n<icestats><source mount="/meta"/></icestats>',
  fallback:
    '<html><head><title>Admin request successful</title></head><body><p>Fallback configured</p></body></html>',
}

const asking: Scene[] = [
  {
    name: 'stats: the server and a source, every element by name and in order',
    async play(stage) {
      await tellingSource(stage, '/told')
      await stage.admin('/admin/metadata?mount=/told&mode=updinfo&song=T')
      const text = await eventually(async () => {
        const answer = await stage.admin('/admin/stats?mount=/told')
        return answer.text.includes('<title>') && answer.text
      })
      const [server = ''] = text.split('<source mount')
      return { server: namesIn(server), source: namesIn(sourceIn(text, '/told')) }
    },
    seen: { server: ['icestats', ...serverKeys], source: ['source', ...statsKeys] },
    ours: {
      why: 'it also has rates and relays, named as in icecast-kh if it has them',
      seen: {
        server: ['icestats', ...sorted([...serverKeys, 'outgoing_kbitrate', 'slow_listeners'])],
        source: ['source', ...sorted([...statsKeys, 'incoming_bitrate', 'relays'])],
      },
    },
  },
  {
    name: 'stats: text content',
    async play(stage) {
      await tellingSource(stage, '/text')
      const { text } = await stage.admin('/admin/stats?mount=/text')
      const own = sourceIn(text, '/text').replace(stage.server.url, 'URL')
      const value = (name: string) => new RegExp(`<${name}>([^<]*)<`).exec(own)?.[1]
      const date = (text = '') => text.replace(/\d/g, '0').replace(/[A-Z][a-z]{2}/g, 'Aaa')
      return {
        told: ['audio_info', 'channels', 'genre', 'listenurl', 'max_listeners', 'public', 'server_type'].map(
          value,
        ),
        start: date(value('stream_start')),
        iso: date(value('stream_start_iso8601')),
      }
    },
    seen: {
      told: ['samplerate=44100;channels=2', '2', 'rock', 'URL/text', 'unlimited', '0', 'audio/mpeg'],
      start: 'Aaa, 00 Aaa 0000 00:00:00 +0000',
      iso: '0000-00-00T00:00:00+0000',
    },
  },
  {
    name: 'listmounts and streamlist: running mounts, with their fallbacks and authentication',
    elements:
      mountBlock('/fed', { 'fallback-mount': '/nothing' }) +
      '<mount><mount-name>/asking</mount-name><authentication type="htpasswd"><option name="filename" value="/nowhere"/></authentication></mount>',
    async play(stage) {
      await Promise.all([stage.source('/fed', 'live'), stage.source('/asking', 'backup')])
      const [mounts, list] = [await stage.admin('/admin/listmounts'), await stage.admin('/admin/streamlist')]
      return {
        fed: steady(sourceIn(mounts.text, '/fed')),
        asking: steady(sourceIn(mounts.text, '/asking')),
        same: steady(sourceIn(list.text, '/fed')) === steady(sourceIn(mounts.text, '/fed')),
      }
    },
    seen: {
      fed: '<source mount="/fed"><fallback>/nothing</fallback><listeners>0</listeners><Connected>#</Connected><content-type>audio/mpeg</content-type></source>',
      asking:
        '<source mount="/asking"><fallback></fallback><listeners>0</listeners><authenticator>htpasswd</authenticator><Connected>#</Connected><content-type>audio/mpeg</content-type></source>',
      same: true,
    },
  },
  {
    name: 'a mount without a source that has a fallback is listed with only a URL; a hidden one only for the admin',
    elements: mountBlock('/standin', { 'fallback-mount': '/stands' }) + mountBlock('/unseen', { hidden: 1 }),
    async play(stage) {
      await Promise.all([stage.source('/stands', 'live'), stage.source('/unseen', 'backup')])
      // Icecast updates such mounts when another one ends
      const other = await stage.source('/passing', 'live')
      other.close()
      const text = await eventually(async () => {
        const answer = await stage.admin('/admin/stats')
        return answer.text.includes('"/standin"') && answer.text
      })
      const json = await stage.ask('/status-json.xsl')
      const list = await stage.relay('/admin/streamlist.txt')
      return {
        standIn: namesIn(sourceIn(text, '/standin')),
        hidden: [text, json.text, list.text].map((each) => each.includes('/unseen')),
        listed: list.text.includes('/standin\r\n'),
      }
    },
    seen: {
      standIn: ['source', 'listeners', 'listenurl', 'max_listeners'],
      hidden: [true, false, false],
      listed: true,
    },
  },
  {
    name: 'status-json.xsl: the keys of a source',
    async play(stage) {
      await tellingSource(stage, '/json')
      const { icestats } = JSON.parse((await stage.ask('/status-json.xsl?mount=/json')).text)
      return { server: Object.keys(icestats), source: Object.keys(icestats.source) }
    },
    seen: {
      server: ['admin', 'host', 'location', 'server_id', 'server_start', 'server_start_iso8601', 'source'],
      source: [
        ...[
          'audio_info',
          'channels',
          'genre',
          'listener_peak',
          'listeners',
          'listenurl',
          'samplerate',
          'server_description',
        ],
        ...['server_name', 'server_type', 'server_url', 'stream_start', 'stream_start_iso8601', 'dummy'],
      ],
    },
  },
  {
    name: 'playlists: for a mount, and for one that does not exist',
    async play(stage) {
      await tellingSource(stage, '/list')
      const get = async (path: string) => {
        const { status, text } = await stage.ask(path)
        return `${status} ${text.replaceAll(stage.server.url, 'URL').replace(/Listeners: \d+/g, 'Listeners: #')}`
      }
      const m3u = await exchange(
        stage.server.port,
        `GET /list.m3u HTTP/1.0\r\nHost: 127.0.0.1:${stage.server.port}\r\n\r\n`,
      )
      return {
        m3u: m3u.split('\r\n\r\n')[1]?.replace(stage.server.url, 'URL'),
        xspf: (await get('/list.xspf')).replace(/\s+/g, ' '),
        vclt: await get('/list.vclt'),
        none: (await get('/nothing.vclt')).trim(),
      }
    },
    seen: {
      m3u: 'URL/list\r\n',
      xspf: '200 <?xml version="1.0" encoding="UTF-8"?> <playlist xmlns="http://xspf.org/ns/0/" version="1"> <title/> <creator/> <trackList> <track> <location>URL/list</location> <title/> <annotation>Stream Title: Name Stream Description: D Content Type:audio/mpeg Current Listeners: # Peak Listeners: # Stream Genre: rock</annotation> <info>http://u.example/</info> </track> </trackList> </playlist> ',
      vclt: '200 STREAMURL=URL/list\nSERVER_NAME=Name\nDESCRIPTION=D\nSIGNALINFO=\nGENRE=rock\n==\n',
      none: '200',
    },
    ours: {
      why: 'a playlist exists even before its mount, as the .m3u does in Icecast',
      seen: {
        m3u: 'URL/list\r\n',
        xspf: '200 <?xml version="1.0" encoding="UTF-8"?> <playlist xmlns="http://xspf.org/ns/0/" version="1"> <title/> <creator/> <trackList> <track> <location>URL/list</location> <title/> <annotation>Stream Title: Name Stream Description: D Content Type:audio/mpeg Current Listeners: # Peak Listeners: # Stream Genre: rock</annotation> <info>http://u.example/</info> </track> </trackList> </playlist> ',
        vclt: '200 STREAMURL=URL/list\nSERVER_NAME=Name\nDESCRIPTION=D\nSIGNALINFO=\nGENRE=rock\n==\n',
        none: '200 STREAMURL=URL/nothing\nSIGNALINFO=\n==',
      },
    },
  },
  {
    name: 'STATS: everything, then changes, by the same keys',
    async play(stage) {
      await tellingSource(stage, '/fed2')
      const events = feedOf(stage)
      await eventually(() => events().includes('EVENT /fed2 user_agent '))
      await stage.admin('/admin/metadata?mount=/fed2&mode=updinfo&song=New')
      await eventually(() => events().includes('EVENT /fed2 title New\n'))
      await stage.admin('/admin/killsource?mount=/fed2')
      await eventually(() => events().includes('EVENT /fed2 null null\n'))
      const first = events().split('EVENT /fed2 title New')[0] ?? ''
      return {
        head: events().split('EVENT')[0],
        keys: sorted([...new Set([...first.matchAll(/^EVENT \/fed2 (\S+) /gm)].map(([, key = '']) => key))]),
      }
    },
    seen: {
      head: 'HTTP/1.0 200 OK\r\n\r\n',
      keys: sorted(statsKeys.filter((key) => key !== 'title')),
    },
    ours: {
      why: 'it also has rates and relays',
      seen: {
        head: 'HTTP/1.0 200 OK\r\n\r\n',
        keys: sorted([...statsKeys.filter((key) => key !== 'title'), 'incoming_bitrate', 'relays']),
      },
    },
  },
]

/** Follows the stats; returns everything received. */
function feedOf(stage: Stage): () => string {
  const connection = connectRaw(stage.server.port)
  stage.onCurtain(() => void connection.socket.destroy())
  connection.send(`STATS / HTTP/1.0\r\nAuthorization: ${basic('admin', secrets.admin)}\r\n\r\n`)
  return () => connection.received()
}

const commanding: Scene[] = [
  {
    name: 'impossible requests are refused with the same text',
    async play(stage) {
      await stage.source('/err', 'live')
      return answers(stage, [
        'nosuch',
        'nosuch?mount=/err',
        'listclients',
        'listclients?mount=/nope',
        'listmounts?mount=/err',
        'stats?mount=/nope',
        'killclient?mount=/err',
        'killsource',
        'killsource?mount=/nope',
        'moveclients',
        'moveclients?mount=/err&destination=/nope',
        'moveclients?mount=/err&destination=/err',
        'metadata',
        'metadata?mount=/err',
        'metadata?mount=/nope&mode=updinfo&song=x',
        'updatemetadata',
        'fallbacks',
        'fallbacks?mount=/err',
        'manageauth?mount=/err',
      ])
    },
    seen: {
      nosuch: '400 400 - Unrecognised command',
      'nosuch?mount=/err': '400 400 - Unrecognised command',
      listclients: '400 400 - Unknown admin request',
      'listclients?mount=/nope': '400 400 - Source does not exist',
      'listmounts?mount=/err': '400 400 - Mount request unknown',
      'stats?mount=/nope': '400 400 - Source does not exist',
      'killclient?mount=/err': '400 400 - Missing parameter',
      killsource: '400 400 - Unknown admin request',
      'killsource?mount=/nope': '400 400 - Source does not exist',
      moveclients: '400 400 - Unknown admin request',
      'moveclients?mount=/err&destination=/nope': '400 400 - No such destination',
      'moveclients?mount=/err&destination=/err': '400 400 - supplied mountpoints are identical',
      metadata: '400 400 - Unknown admin request',
      'metadata?mount=/err': '400 400 - Missing parameter',
      'metadata?mount=/nope&mode=updinfo&song=x': '400 400 - Source does not exist',
      updatemetadata: '400 400 - Unknown admin request',
      fallbacks: '400 400 - Unknown admin request',
      'fallbacks?mount=/err': '400 400 - Missing parameter',
      'manageauth?mount=/err': '400 400 - missing parameter',
    },
  },
  {
    name: 'listclients and killclient: lists listeners, and disconnects one',
    async play(stage) {
      await stage.source('/kill', 'live')
      const witness = await stage.listen('/kill', { headers: { 'User-Agent': 'pl/1' } })
      await witness.hears('live')
      const { text } = await stage.admin('/admin/listclients?mount=/kill')
      const id = /<ID>(\d+)</.exec(text)?.[1]
      const killed = await stage.admin(`/admin/killclient?mount=/kill&id=${id}`)
      await witness.isClosed()
      const again = await stage.admin('/admin/killclient?mount=/kill&id=99999')
      return {
        list: steady(text),
        killed: killed.text.replace(`Client ${id} `, 'Client # ').trim(),
        again: again.text.trim(),
      }
    },
    seen: {
      list: '<?xml version="1.0"?>\n<icestats><source mount="/kill"><Listeners>1</Listeners><listener><IP>127.0.0.1</IP><UserAgent>pl/1</UserAgent><Connected>#</Connected><ID>#</ID></listener></source></icestats>',
      killed:
        '<?xml version="1.0"?>\n<iceresponse><message>Client # removed</message><return>1</return></iceresponse>',
      again:
        '<?xml version="1.0"?>\n<iceresponse><message>Client 99999 not found</message><return>0</return></iceresponse>',
    },
  },
  {
    name: 'killsource: the encoder loses its connection, and the mount is gone',
    async play(stage) {
      const source = await stage.source('/doomed', 'live')
      const { text } = await stage.admin('/admin/killsource?mount=/doomed')
      await eventually(() => !source.isPlaying)
      return { text: text.trim() }
    },
    seen: {
      text: '<?xml version="1.0"?>\n<iceresponse><message>Source Removed</message><return>1</return></iceresponse>',
    },
  },
  {
    name: 'metadata, updatemetadata, fallbacks: their answers',
    async play(stage) {
      await Promise.all([stage.source('/meta', 'live'), stage.oggSource('/meta.ogg', 'live')])
      const call = async (path: string) => (await stage.admin(`/admin/${path}`)).text.trim()
      return {
        song: await call('metadata?mount=/meta&mode=updinfo&song=x'),
        nothing: await call('metadata?mount=/meta&mode=updinfo'),
        mode: await call('metadata?mount=/meta&mode=x'),
        ogg: await call('metadata?mount=/meta.ogg&mode=updinfo&song=x'),
        form: await call('updatemetadata?mount=/meta'),
        fallback: await call('fallbacks?mount=/meta&fallback=/other'),
      }
    },
    seen: wordsOfMetadata,
    ours: {
      why: 'Opus accepts a title, as Vorbis does: a new link gets the comments',
      seen: {
        ...wordsOfMetadata,
        ogg: '<?xml version="1.0"?>\n<iceresponse><message>Metadata update successful</message><return>1</return></iceresponse>',
      },
    },
  },
  {
    name: "the mount's source may call commands that name its mount, and no others",
    async play(stage) {
      await stage.source('/owned', 'live')
      const ask = async (path: string) => {
        const headers = { Authorization: basic('source', secrets.source) }
        return (await fetch(`${stage.server.url}/admin/${path}`, { headers })).status
      }
      return {
        statuses: await Promise.all(
          ['stats?mount=/owned', 'listclients?mount=/owned', 'stats', 'listmounts', 'streamlist.txt'].map(
            ask,
          ),
        ),
      }
    },
    seen: { statuses: [200, 200, 401, 401, 401] },
  },
  {
    name: 'buildm3u',
    async play(stage) {
      const path = '/admin/buildm3u?mount=/x&username=a&password=b'
      // Icecast's answer is too malformed for an HTTP client
      return { status: (await exchange(stage.server.port, `GET ${path} HTTP/1.0\r\n\r\n`)).split(' ')[1] }
    },
    seen: { status: '200' },
    ours: {
      why: 'it would create a URL that contains a password (docs/icecast.md#passwords-in-urls)',
      seen: { status: '403' },
    },
  },
]

compare('asking the admin', asking, {}, rivalNames)
compare('commands of the admin', commanding, {}, rivalNames)
