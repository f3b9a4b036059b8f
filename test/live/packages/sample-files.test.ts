import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { basic, numbered, startSource } from '../../kit/audio/source.ts'
import { eventually } from '../../kit/base/eventually.ts'
import { testFolder } from '../../kit/process/files.ts'
import { freePort } from '../../kit/process/ports.ts'
import { repo, start } from '../../kit/process/process.ts'
import { originRuntimes, secrets } from '../../kit/process/runtimes.ts'
import { listenWhenServed } from '../../kit/wire/listener.ts'

/** A file of the project, copied as an operator does, with some texts changed. */
function copyOf(file: string, name: string, changes: Readonly<Record<string, string>>): string {
  let text = readFileSync(join(repo, file), 'utf8')
  for (const [before, after] of Object.entries(changes)) {
    expect(text.split(before), `${before} stands once in ${file}`).toHaveLength(2)
    text = text.replace(before, after)
  }
  const copy = join(testFolder(), name)
  writeFileSync(copy, text)
  return copy
}

const login = (user: string, password: string) => ({ headers: { Authorization: basic(user, password) } })

test.for(originRuntimes)(
  'an origin on %s runs from deploy/icecast.xml once its passwords are set: it plays, and accepts its admin and its relays',
  async (runtime) => {
    const port = await freePort()
    const config = copyOf('deploy/icecast.xml', 'icecast.xml', {
      '<source-password></': `<source-password>${secrets.source}</`,
      '<relay-password></': `<relay-password>${secrets.relay}</`,
      '<admin-password></': `<admin-password>${secrets.admin}</`,
      '    <port>8000</port>\n    <!--': `    <port>${port}</port>\n    <!--`,
    })
    const origin = start(runtime, ['origin/main.ts', '--config', config])
    onTestFinished(() => origin.stop())
    await origin.line(/"ready"/)
    expect(origin.output()).not.toMatch(/"level":"(warn|error|WARN|ERROR)/)

    const url = `http://127.0.0.1:${port}`
    const source = startSource({ url: `${url}/live.mp3`, password: secrets.source, programme: numbered })
    onTestFinished(() => source.close())
    const listener = await listenWhenServed(`${url}/live.mp3`)
    onTestFinished(() => listener.close())
    await eventually(() => listener.bytesHeard > 0)
    for (const [user, password, path] of [
      ['admin', secrets.admin, '/admin/stats'],
      ['relay', secrets.relay, '/admin/streamlist.txt'],
    ] as const) {
      expect((await fetch(url + path)).status, `${path} without a login`).toBe(401)
      expect((await fetch(url + path, login(user, password))).status, path).toBe(200)
    }
  },
)

test('an env file that is not there is an error of the edge, not of Node, which knows the flag as well', async () => {
  const edge = start('./distributary', ['edge', '--env-file', '/nonexistent'])
  expect(await edge.exited).toEqual({ code: 1, signal: null })
  expect(edge.output()).toContain('cannot read --env-file "/nonexistent": ENOENT')
})

const shell = ['sh', '-c', 'set -a; . "$0"; set +a; exec ./distributary edge'] as const
const waysToRun: readonly (readonly [name: string, command: (file: string) => readonly string[]])[] = [
  ['a shell', (file) => [...shell, file]],
  ['the command', (file) => ['./distributary', 'edge', '--env-file', file]],
  ['Node', (file) => ['node', `--env-file=${file}`, 'edge/main.ts']],
  ['Bun', (file) => ['bun', `--env-file=${file}`, 'edge/main.ts']],
  ['Deno', (file) => ['deno', 'run', '-A', `--env-file=${file}`, 'edge/main.ts']],
]

test.for(waysToRun)(
  'an edge runs from .env.example, read by %s, once its passwords are set',
  async ([, commandFor]) => {
    const port = await freePort()
    const file = copyOf('.env.example', 'edge.env', {
      '\nRELAY_PASSWORD=\n': `\nRELAY_PASSWORD="${secrets.relay} the-next"\n`,
      '\nADMIN_PASSWORD=\n': `\nADMIN_PASSWORD=${secrets.admin}\n`,
      '\nHOST=::\n': '\nHOST=127.0.0.1\n',
      '\nPORT=8000\n': `\nPORT=${port}\n`,
      '\nDATA_DIR=./data\n': `\nDATA_DIR=${testFolder()}\n`,
    })
    const [command = '', ...args] = commandFor(file)
    const edge = start(command, args)
    onTestFinished(() => edge.stop())
    const url = `http://127.0.0.1:${port}`
    await eventually(() =>
      fetch(`${url}/healthz`).then(
        ({ ok }) => ok,
        () => false,
      ),
    ).catch(() => expect.fail(edge.output()))
    expect((await fetch(`${url}/api/servers`)).status).toBe(401)
    expect((await fetch(`${url}/api/servers`, login('admin', secrets.admin))).status).toBe(200)
    for (const password of [secrets.relay, 'the-next'])
      expect((await fetch(`${url}/admin/streamlist.txt`, login('relay', password))).status).toBe(200)
  },
)
