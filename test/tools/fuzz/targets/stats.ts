import { deepStrictEqual } from 'node:assert/strict'
import { reportOfStats } from '../../../../shared/polled/report.ts'
import { parsePolledServer } from '../../../../shared/polled/server.ts'
import {
  parseStatsXml,
  parseStatusJson,
  type ServerStats,
  StatsError,
} from '../../../../shared/polled/stats.ts'
import { parseSourcelist, printSourcelist } from '../../../../shared/report/sourcelist.ts'
import { orError, type Target, textOf } from '../target.ts'

const server = parsePolledServer(
  '{"id":"polled","url":"http://a.example:8000","kind":"json","role":"slave","interval":10,"maxListeners":1000}',
)

/** Without the names that have no value. */
const defined = (value: object): unknown => JSON.parse(JSON.stringify(value))

const stats = (
  name: string,
  kind: string,
  tokens: readonly string[],
  parse: (body: string) => ServerStats,
): Target => ({
  name,
  about: `stats of Icecast servers in ${kind}: a StatsError, or a report that is printed and parsed again the same`,
  files: 'shared/polled/',
  tokens,
  check(input) {
    const report = orError([StatsError], () => reportOfStats(server, parse(textOf(input))))
    if (typeof report !== 'string')
      deepStrictEqual(
        defined(parseSourcelist(printSourcelist(report))),
        defined(report),
        'printed and parsed again',
      )
  },
})

export const statsJson = stats(
  'stats-json',
  'JSON',
  [
    '{"icestats":{"source":',
    '[',
    ']',
    '{',
    '}',
    '"listenurl":"http://a:8000/live.mp3"',
    '"listeners":5',
    '"server_type":"audio/mpeg"',
    '"title":-',
    '"title":1979',
    ',',
    ':',
    '"',
    '\\',
    '\u0001',
    '"max_listeners":"unlimited"',
    '"bitrate":128',
    '"audio_info":"bitrate=64"',
  ],
  parseStatusJson,
)

export const statsXml = stats(
  'stats-xml',
  'XML',
  [
    '<icestats>',
    '</icestats>',
    '<source mount="/a">',
    '</source>',
    '<listeners>5</listeners>',
    '<server_type>audio/mpeg</server_type>',
    '<title>',
    '</title>',
    '&#xE9;',
    '&amp;',
    '<!DOCTYPE a>',
    '<![CDATA[',
    ']]>',
    '<max_listeners>unlimited</max_listeners>',
    '<?xml version="1.0"?>',
  ],
  parseStatsXml,
)
