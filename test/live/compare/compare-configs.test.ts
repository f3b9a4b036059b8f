import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect } from 'vitest'
import { eventually } from '../../kit/base/eventually.ts'
import { oddConfigs } from '../../kit/parts/odd-configs.ts'
import { shareOf, stock, stockCommand, stockNames } from '../../kit/peers/stock.ts'
import { testFolder } from '../../kit/process/files.ts'
import { freePort } from '../../kit/process/ports.ts'
import { type Program, start } from '../../kit/process/process.ts'
import { rawRequest } from '../../kit/wire/raw-request.ts'

/** The common part of every file; the odd elements come last, because of two equal elements the last counts. */
const printXml = (port: number, folder: string, share: string, elements: string) => `<icecast>
  <hostname>127.0.0.1</hostname>
  <authentication><source-password>s</source-password><admin-password>a</admin-password></authentication>
  <listen-socket><port>${port}</port><bind-address>127.0.0.1</bind-address></listen-socket>
  <paths><basedir>${folder}</basedir><logdir>${folder}</logdir>
    <webroot>${share}/web</webroot><adminroot>${share}/admin</adminroot></paths>
  <logging><accesslog>-</accesslog><errorlog>-</errorlog><loglevel>3</loglevel></logging>
  <security><chroot>0</chroot></security>
  ${elements}
</icecast>`

/** starts tried before a file counts as not starting: 2.4.4 occasionally crashes at its first request */
const attemptsMax = 4

/** Whether it answers; its output if it exits instead. */
async function answers(begin: () => Program, port: number): Promise<true | string> {
  let output = ''
  for (let attempt = 1; attempt <= attemptsMax; attempt++) {
    const program = begin()
    const answered = async () => (await rawRequest(port, 'GET /nothing HTTP/1.0\r\n\r\n')).status > 0
    await eventually(async () => program.isGone || (await answered()))
    const runs = !program.isGone
    await program.stop()
    if (runs) return true
    output = program.output()
  }
  return output
}

describe.for(stockNames)('odd files at %s', (icecast) => {
  for (const { name, elements, icecastStarts } of oddConfigs)
    stock(icecast)(`${name}: ${icecastStarts ? 'starts' : 'does not start'}`, async () => {
      const folder = testFolder()
      chmodSync(folder, 0o755) // Icecast refuses to run as root, so it reads this as nobody
      const port = await freePort()
      const file = join(folder, 'icecast.xml')
      writeFileSync(file, printXml(port, folder, shareOf(stockCommand(icecast)), elements))
      const begin = () => start(stockCommand(icecast), ['-c', file], { unprivileged: true })
      const found = await answers(begin, port)
      if (icecastStarts) expect(found).toBe(true)
      else expect(found).toContain('parser error')
    })
})
