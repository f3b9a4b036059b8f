import { describe, expect, test } from 'vitest'
import { basic } from '../../kit/audio/source.ts'
import { taggedFrame } from '../../kit/audio/tagged.ts'
import { eventually } from '../../kit/base/eventually.ts'
import { startConfigured } from '../../kit/cluster/configured.ts'
import { compare, type Scene } from '../../kit/cluster/scene.ts'
import type { Stage } from '../../kit/cluster/stage.ts'
import { originRuntimes, secrets } from '../../kit/process/runtimes.ts'
import { connectRaw, exchange } from '../../kit/wire/raw.ts'

const login = `Authorization: ${basic('source', secrets.source)}`
const wrong = `Authorization: ${basic('source', 'wrong')}`
const request = (line: string, ...headers: readonly string[]) =>
  Buffer.from(`${[line, ...headers].join('\r\n')}\r\n\r\n`, 'latin1')
const source = (path: string, authorization = login) =>
  request(`SOURCE ${path} HTTP/1.0`, authorization, 'Content-Type: audio/mpeg')

/** Feeds a path whose bytes no library would send, until the scene ends; returns the status. */
async function feed(stage: Stage, head: Buffer): Promise<string> {
  const connection = connectRaw(stage.server.port)
  stage.onCurtain(() => connection.socket.destroy())
  connection.send(head)
  const answer = await connection.until(/\r\n\r\n/)
  for (let n = 0; n < 100; n++) connection.send(taggedFrame('live', n))
  return answer.slice(9, 12)
}

/** Whether a listener of this path hears the source. */
async function hears(stage: Stage, path: string): Promise<boolean> {
  const connection = connectRaw(stage.server.port)
  stage.onCurtain(() => connection.socket.destroy())
  connection.send(request(`GET ${path} HTTP/1.0`))
  const [head = ''] = (await connection.until(/\r\n\r\n/)).split('\r\n\r\n')
  return head.includes(' 200 ') && head.includes('audio/mpeg')
}

const statusOf = async (stage: Stage, head: Buffer) => (await exchange(stage.server.port, head)).slice(9, 12)

/** The answer to the source when it sets a title. */
const setTitle = async (stage: Stage, query: string) => {
  const answer = await exchange(
    stage.server.port,
    request(`GET /admin/metadata?mode=updinfo&${query} HTTP/1.0`, login),
  )
  return `${answer.slice(9, 12)} ${/<b>(.*)<\/b>|<message>(.*)<\/message>/.exec(answer)?.slice(1).join('') ?? ''}`
}

const scenes: Scene[] = [
  {
    name: 'a source on / is heard there',
    async play(stage) {
      const status = await feed(stage, source('/'))
      return { status, heard: await hears(stage, '/'), wrong: await statusOf(stage, source('/', wrong)) }
    },
    seen: { status: '200', heard: true, wrong: '401' },
  },
  {
    name: 'a source on a path of the server',
    async play(stage) {
      const statuses = []
      for (const path of ['/status.xsl', '/admin/live', '/admin.cgi'])
        statuses.push(await feed(stage, source(path)), await hears(stage, path))
      return { statuses, wrong: await statusOf(stage, source('/status.xsl', wrong)) }
    },
    seen: { statuses: ['200', false, '200', false, '200', false], wrong: '401' },
    later: {
      why: 'below /admin it asks for the login of the admin, and rejects other requests there as bad ones',
    },
    ours: {
      why: 'no listener could hear it, so its encoder gets an error',
      seen: { statuses: ['403', false, '403', false, '403', false], wrong: '401' },
    },
  },
  {
    name: 'a mount in raw latin1 is heard by the same bytes and by their escape',
    async play(stage) {
      const status = await feed(stage, source('/caf\xe9.mp3'))
      return { status, raw: await hears(stage, '/caf\xe9.mp3'), escaped: await hears(stage, '/caf%E9.mp3') }
    },
    seen: { status: '200', raw: true, escaped: true },
  },
  {
    name: 'titles of a mount that is named without its slash, or does not exist',
    async play(stage) {
      await stage.source('/named.mp3', 'live')
      return {
        answers: [
          await setTitle(stage, 'mount=named.mp3&song=x'),
          await setTitle(stage, 'mount=&song=x'),
          await setTitle(stage, 'mount=/nowhere.mp3&song=x'),
          await setTitle(stage, 'song=x'),
        ],
      }
    },
    seen: {
      answers: [
        '400 400 - Source does not exist',
        '400 400 - Source does not exist',
        '400 400 - Source does not exist',
        '401 ',
      ],
    },
    later: { why: 'it has its own status for missing mounts, and texts without markup' },
  },
  {
    name: 'charset applies to the title, not to the mount',
    async play(stage) {
      await feed(stage, source('/caf%C3%A9.ogg.mp3'))
      return { answer: await setTitle(stage, 'mount=/caf%C3%A9.ogg.mp3&charset=ISO-8859-1&song=caf%E9') }
    },
    seen: { answer: '200 Metadata update successful' },
  },
]

compare('sources on odd mounts, and their words', scenes)

describe.for(originRuntimes)('the log of %s about sources', (runtime) => {
  test('names one whose body never arrived, as behind a proxy', async () => {
    const server = await startConfigured(runtime, '<limits><source-timeout>1</source-timeout></limits>')
    const connection = connectRaw(server.port)
    connection.send(source('/silent.mp3'))
    await connection.closed()
    const [line] = await server.program.line(/.*no byte of its body arrived.*/)
    expect(JSON.parse(line)).toMatchObject({ level: 'WARN', mount: '/silent.mp3', why: 'source timeout' })
    await eventually(async () =>
      (await exchange(server.port, request('GET /silent.mp3 HTTP/1.0'))).includes('404'),
    )
  })

  test('has a reserved path with a wrong and a right password, and a title that was not set', async () => {
    const server = await startConfigured(runtime, '')
    expect(await exchange(server.port, source('/status.xsl', wrong))).toContain(' 401 ')
    await server.program.line(/wrong login.*\/status\.xsl/)
    expect(await exchange(server.port, source('/status.xsl'))).toContain(
      '/status.xsl is reserved by the server',
    )
    await server.program.line(/source rejected.*\/status\.xsl/)
    // a path that only an edge has, and an invalid name
    for (const path of ['/now', '/a//b']) {
      expect(await exchange(server.port, source(path, wrong))).toContain(' 401 ')
      expect(await exchange(server.port, source(path))).toMatch(/ 40[03] /)
      await server.program.line(new RegExp(`source rejected.*${path}`))
    }
    const connection = connectRaw(server.port)
    connection.send(request('SOURCE /a.webm HTTP/1.0', login, 'Content-Type: video/webm'))
    await connection.until(/200 OK/)
    await exchange(
      server.port,
      request('GET /admin/metadata?mode=updinfo&mount=/a.webm&song=x HTTP/1.0', login),
    )
    connection.socket.destroy()
    const [line] = await server.program.line(/.*admin command rejected.*/)
    expect(JSON.parse(line)).toMatchObject({ mount: '/a.webm', why: 'no title can be set in video/webm' })
  })
})
