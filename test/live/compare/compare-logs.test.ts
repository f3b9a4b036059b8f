import { createHash } from 'node:crypto'
import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished } from 'vitest'
import { basic, numbered, startSource } from '../../kit/audio/source.ts'
import { eventually } from '../../kit/base/eventually.ts'
import { type RivalName, rivalNames, startRival } from '../../kit/cluster/rivals.ts'
import { peer } from '../../kit/peers/peers.ts'
import { testFolder } from '../../kit/process/files.ts'
import { secrets } from '../../kit/process/runtimes.ts'
import { listenWhenServed } from '../../kit/wire/listener.ts'
import { exchange } from '../../kit/wire/raw.ts'

const accessLine = /^\S+ - \S+ \[\d\d\/[A-Z][a-z]{2}\/\d{4}:\d\d:\d\d:\d\d [+-]\d{4}\] "/

/** A server's log of the same requests: access lines in order, without time, bytes and seconds. */
async function loggedBy(rival: RivalName, users: string): Promise<string[]> {
  const elements = `<mount><mount-name>/members.mp3</mount-name><authentication type="htpasswd">
    <option name="filename" value="${users}"/></authentication></mount>`
  const server = await startRival(rival, { elements })
  onTestFinished(() => server.stop())
  const lines = () =>
    server.program
      .output()
      .split('\n')
      .filter((line) => accessLine.test(line) && !line.includes('/status-json.xsl'))
  const before = lines().length
  /** Waits until one more request has been logged. */
  const logged = async (count: number) => eventually(() => lines().length >= before + count)
  const ask = (head: string) => exchange(server.port, `${head}\r\n\r\n`)

  await ask('GET /nothing?token=secret HTTP/1.1\r\nReferer: http://ref/\r\nUser-Agent: player/1 (a; b)')
  await logged(1)
  await ask('GET /admin/stats HTTP/1.0')
  await logged(2)
  await ask(`GET /admin/stats HTTP/1.0\r\nAuthorization: ${basic('admin', secrets.admin)}`)
  await logged(3)
  await ask(`SOURCE /members.mp3 HTTP/1.0\r\nAuthorization: ${basic('source', 'wrong')}`)
  await logged(4)
  const source = startSource({
    url: `${server.url}/members.mp3`,
    password: secrets.source,
    programme: numbered,
    headers: { 'User-Agent': 'encoder/1' },
  })
  await eventually(() => source.isPlaying)
  await ask('GET /members.mp3 HTTP/1.0')
  await logged(5)
  const Authorization = basic('bob', 'secret')
  const listener = await listenWhenServed(`${server.url}/members.mp3`, { headers: { Authorization } })
  await eventually(() => listener.bytesHeard > 10_000)
  listener.close()
  await logged(6)
  source.close()
  await logged(7)
  return lines()
    .slice(before)
    .map((line) =>
      line
        .replace(/\[[^\]]+\]/, '[TIME]')
        .replace(/" (\d{3}) \d+ "/, '" $1 BYTES "')
        .replace(/\d+$/, 'SECONDS'),
    )
}

peer('icecast2')("the access log has the same lines as Icecast 2.4.4's", async () => {
  const users = join(testFolder(), 'users')
  writeFileSync(users, `bob:${createHash('md5').update('secret').digest('hex')}\n`)
  chmodSync(join(users, '..'), 0o755)
  const [theirs = [], ...ours] = await Promise.all(rivalNames.map((rival) => loggedBy(rival, users)))
  expect(theirs).toHaveLength(7)
  expect(theirs[5]).toMatch(/^127\.0\.0\.1 - bob \[TIME\] "GET \/members\.mp3 HTTP\/1\.1" 200 BYTES/)
  for (const each of ours) expect(each).toEqual(theirs)
})
