import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { limits } from '../../../shared/limits.ts'
import { PolledServerError, parsePolledServer } from '../../../shared/polled/server.ts'
import { repo } from '../../kit/process/process.ts'

const named = { url: 'http://old.example.org:8000', maxListeners: 500 }
const parse = (over: object = {}) => parsePolledServer(JSON.stringify({ ...named, ...over }))
function refusalOf(body: string): string {
  try {
    parsePolledServer(body)
  } catch (error) {
    if (error instanceof PolledServerError) return error.message
    throw error
  }
  throw new Error(`${body} was taken`)
}

test('a server that is polled needs a url and its capacity; the rest has defaults', () => {
  expect(parse()).toEqual({
    id: 'old.example.org:8000',
    url: 'http://old.example.org:8000',
    kind: 'json',
    role: 'slave',
    interval: 10,
    maxListeners: 500,
    maxBandwidth: undefined,
    location: undefined,
    countries: undefined,
    login: undefined,
  })
})

test('a proxy may keep many servers apart by paths of one host', () => {
  expect(parse({ url: 'https://azura.example/radio/8000/' })).toMatchObject({
    url: 'https://azura.example/radio/8000',
    id: 'azura.example:443:radio:8000',
  })
})

test('all fields that an operator can set are kept', () => {
  const all = {
    id: 'old1',
    maxBandwidth: 100_000,
    interval: 5,
    location: '52.52,13.40',
    countries: '!US, !CA',
    kind: 'xml',
    user: 'root',
    password: 'hackme',
  }
  expect(parse(all)).toEqual({
    ...named,
    id: 'old1',
    kind: 'xml',
    role: 'slave',
    interval: 5,
    maxBandwidth: 100_000,
    location: { latitude: 52.52, longitude: 13.4 },
    countries: { allow: false, codes: ['US', 'CA'] },
    login: { user: 'root', password: 'hackme' },
  })
  for (const role of ['slave', 'master']) expect(parse({ role }).role).toBe(role)
  const long = 'é'.repeat(512)
  expect(parse({ kind: 'xml', user: long, password: long }).login).toEqual({ user: long, password: long })
  expect(parse({ kind: 'xml', password: 'hackme' }).login).toEqual({ user: 'admin', password: 'hackme' })
})

describe('a bad body is rejected with field, value and what is allowed:', () => {
  test.for<[object, string]>([
    [{ url: 'http://a!b:8000' }, 'id is missing, expected a name'],
    [{ url: undefined }, 'url is missing, expected http://host:port'],
    [{ url: 'ftp://x' }, 'url is "ftp://x", expected http://host:port'],
    [{ url: 'http://x/path/../y' }, 'url is "http://x/path/../y", expected http://host:port'],
    [{ url: 'http://a:b@x' }, 'url is "http://a:b@x", expected http://host:port'],
    [{ maxListeners: undefined }, 'maxListeners is missing, expected an integer from 0'],
    [{ maxListeners: '500' }, 'maxListeners is "500", expected an integer from 0'],
    [{ maxListeners: -1 }, 'maxListeners is -1, expected an integer from 0'],
    [{ maxListeners: 1.5 }, 'maxListeners is 1.5, expected an integer from 0'],
    [{ maxListeners: 2 ** 53 }, 'maxListeners is 9007199254740992, expected an integer from 0'],
    [{ interval: 1 }, `interval is 1, expected an integer from ${limits.pollSecondsMin} to 3600`],
    [{ interval: 3601 }, 'interval is 3601, expected an integer from 2 to 3600'],
    [{ id: 'a b' }, 'id is "a b", expected 1 to 128 of'],
    [{ location: '91,0' }, 'location is "91,0", expected a latitude'],
    [{ countries: 'Germany' }, 'countries is "Germany", expected ISO 3166 codes of countries'],
    [{ kind: 'html' }, 'kind is "html", expected json or xml'],
    [{ kind: 'xml' }, 'password is missing, expected the password of its admin'],
    [{ password: 'hackme' }, 'password is not shown here, expected the password of its admin'],
    [{ kind: 'xml', password: '\u0007x' }, 'password is not shown here, expected up to 512 characters'],
    [{ kind: 'xml', password: 'x\n' }, 'password is not shown here, expected up to 512 characters'],
    [{ user: '' }, 'user is "", expected a name of up to 512 characters'],
    [{ user: 'x'.repeat(513) }, 'expected a name of up to 512 characters'],
    [{ role: 'relay' }, 'role is "relay", expected slave or master'],
    [{ maxlisteners: 5 }, '"maxlisteners" is not a field of a server, expected url, maxListeners'],
    [{ id: ' '.repeat(78) }, `id is "${' '.repeat(78)}", expected`],
    [{ id: ' '.repeat(79) }, `id is "${' '.repeat(79)}…, expected`],
    [{ constructor: 5 }, '"constructor" is not a field of a server'],
  ])('%j', ([over, expected]) => {
    const refusal = refusalOf(JSON.stringify({ ...named, ...over }))
    expect(refusal).toContain(expected)
    expect(refusal).not.toContain('hackme')
  })

  test.for<[string, string]>([
    ['', 'the body is not JSON'],
    ['url=http://x', 'the body is not JSON'],
    ['[]', 'the body is [], expected a JSON object'],
    ['null', 'the body is null, expected a JSON object'],
    [
      '{"url":"http://x","maxListeners":1,"__proto__":{"id":"a b"}}',
      '"__proto__" is not a field of a server',
    ],
  ])('%s', ([body, expected]) => {
    expect(refusalOf(body)).toContain(expected)
  })

  test('all fields at once, a line each', () => {
    expect(refusalOf('{}').split('\n')).toHaveLength(2)
  })
})

test('the fields are those that the documentation lists', () => {
  const page = readFileSync(join(repo, 'docs/polled-servers.md'), 'utf8')
  const rows = page.split('\n').filter((line) => line.startsWith('| `'))
  const listed = rows.flatMap((row) =>
    [...(row.split(' | ')[0] ?? '').matchAll(/`(\w+)`/g)].map(([, name]) => name),
  )
  const fields = /expected (.*)$/.exec(refusalOf(JSON.stringify({ ...named, none: 1 })))?.[1]?.split(', ')
  expect(listed.toSorted()).toEqual(fields?.toSorted())
})
