import { deepStrictEqual } from 'node:assert/strict'
import { type PolledServer, PolledServerError, parsePolledServer } from '../../../../shared/polled/server.ts'
import { orError, type Target, textOf } from '../target.ts'

const print = ({ login, location, countries, ...rest }: PolledServer) =>
  JSON.stringify({
    ...rest,
    location: location && `${location.latitude},${location.longitude}`,
    countries: countries?.codes.map((code) => (countries.allow ? code : `!${code}`)).join(','),
    ...login,
  })

export const polledServer: Target = {
  name: 'polled-server',
  about: 'the JSON of POST /api/servers: a server or a PolledServerError; printed and parsed again, the same',
  files: 'shared/polled/',
  tokens: [
    '{',
    '}',
    '"id":"a"',
    '"url":"http://a.example:8000"',
    '"kind":"json"',
    '"kind":"xml"',
    '"password":"b"',
    '"user":"c"',
    '"role":"master"',
    '"interval":10',
    '"maxListeners":5',
    '"location":"1,2"',
    '"countries":"DE"',
    ',',
    '"__proto__":1',
    'null',
  ],
  check(input) {
    const server = orError([PolledServerError], () => parsePolledServer(textOf(input)))
    if (typeof server !== 'string')
      deepStrictEqual(
        orError([PolledServerError], () => parsePolledServer(print(server))),
        server,
        'printed and parsed again',
      )
  },
}
