import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { beforeEach, describe, expect, test } from 'vitest'
import { resolveAlias } from '../../../origin/files/aliases.ts'
import { locateFile, parseFilePath } from '../../../origin/files/locate.ts'
import { mediaTypeOf } from '../../../origin/files/media-type.ts'
import { parseRange } from '../../../origin/files/range.ts'
import { sendFile } from '../../../origin/files/serve.ts'
import { SharedSlots } from '../../../origin/lib/slots.ts'
import { limits } from '../../../origin/limits.ts'
import { ManualTime } from '../../kit/base/manual-time.ts'
import { testFolder } from '../../kit/process/files.ts'
import { SlowSocket } from '../../kit/wire/slow-socket.ts'

describe('a range of a file of 100 bytes', () => {
  test.each([
    ['bytes=0-', { start: 0, end: 99 }],
    ['bytes=10-', { start: 10, end: 99 }],
    ['bytes=10-20', { start: 10, end: 20 }],
    ['bytes=99-99', { start: 99, end: 99 }],
    ['bytes=10-1000', { start: 10, end: 99 }],
    ['bytes=-10', { start: 90, end: 99 }],
    ['bytes=-1000', { start: 0, end: 99 }],
    ['Bytes = 1 - 2', { start: 1, end: 2 }],
  ])('%s is a part of it; unlike in Icecast 2.4, its end is as requested', (header, span) => {
    expect(parseRange(header, 100)).toEqual(span)
  })

  test.each([undefined, '', 'bytes=', 'bytes=-', 'bytes=5-1', 'bytes=0-1,5-6', 'seconds=0-1', 'bytes=x-y'])(
    '%s is none: the whole file',
    (header) => expect(parseRange(header, 100)).toBe('all'),
  )

  test.each(['bytes=100-', 'bytes=100-200', 'bytes=-0'])('%s cannot be satisfied', (header) =>
    expect(parseRange(header, 100)).toBe('unsatisfiable'),
  )

  test('of an empty file cannot be satisfied', () => {
    expect(parseRange('bytes=0-', 0)).toBe('unsatisfiable')
    expect(parseRange('bytes=-1', 0)).toBe('unsatisfiable')
  })

  test('is within the file, whatever the request', () => {
    const number = fc.option(fc.nat(300), { nil: '' })
    fc.assert(
      fc.property(number, number, fc.nat(200), (from, to, size) => {
        const span = parseRange(`bytes=${from}-${to}`, size)
        if (typeof span !== 'object') return
        expect(span.start).toBeGreaterThanOrEqual(0)
        expect(span.start).toBeLessThanOrEqual(span.end)
        expect(span.end).toBeLessThan(size)
      }),
    )
  })
})

describe('the path of a file', () => {
  test('is a list of names', () => {
    expect(parseFilePath('/a.css')).toEqual(['a.css'])
    expect(parseFilePath('/img/r%C3%B3s%20%23.png')).toEqual(['img', 'rós #.png'])
  })

  test.each([
    '',
    'a',
    '/',
    '//a',
    '/a/',
    '/../a',
    '/a/../b',
    '/%2e%2e/a',
    '/a/%2e%2e/b',
    '/.htpasswd',
    '/a/.git/config',
  ])('%s is rejected', (path) => expect(parseFilePath(path)).toBeUndefined())
  test.each(['/a%00.css', '/a%5c..%5cb', '/%', '/%ff', '/..%2f..%2fetc%2fpasswd'])(
    '%s is rejected too',
    (path) => expect(parseFilePath(path)).toBeUndefined(),
  )

  test('of any kind stays below its folder', () => {
    fc.assert(
      fc.property(fc.string(), (path) => {
        for (const name of parseFilePath(`/${path}`) ?? []) {
          expect(name).not.toBe('..')
          expect(name).not.toContain('/')
        }
      }),
    )
  })
})

describe('a file below the webroot', () => {
  let webroot: string
  beforeEach(() => {
    const folder = testFolder()
    webroot = join(folder, 'web')
    mkdirSync(join(webroot, 'sub'), { recursive: true })
    writeFileSync(join(webroot, 'sub/a.css'), 'css')
    writeFileSync(join(folder, 'secret.txt'), 'secret')
    mkdirSync(join(folder, 'website'))
    writeFileSync(join(folder, 'website/b.txt'), 'of a folder that begins like it')
    symlinkSync(join(webroot, 'sub/a.css'), join(webroot, 'inside.css'))
    symlinkSync(join(folder, 'secret.txt'), join(webroot, 'outside.txt'))
    symlinkSync(join(folder, 'website'), join(webroot, 'aside'))
  })
  const find = (path: string) => locateFile(webroot, path)

  test('is found with its size, also through a link within the webroot', async () => {
    expect(await find('/sub/a.css')).toMatchObject({ size: 3 })
    expect((await find('/inside.css'))?.path).toMatch(/sub\/a\.css$/)
  })

  test('is not found if it is a folder, missing, or a link out of the webroot', async () => {
    for (const path of ['/sub', '/nothing', '/sub/a.css/x', '/outside.txt', '/aside/b.txt'])
      expect(await find(path), path).toBeUndefined()
  })

  test('of a missing webroot is not found', async () => {
    expect(await locateFile(join(webroot, 'gone'), '/a')).toBeUndefined()
  })
})

test.each([
  ['a.css', 'text/css'],
  ['A.MP3', 'audio/mpeg'],
  ['a.tar.html', 'text/html'],
  ['a.opus', 'audio/ogg'],
  ['a', 'application/octet-stream'],
  ['a.constructor', 'application/octet-stream'],
])('%s is sent as %s', (path, type) => expect(mediaTypeOf(path)).toBe(type))

describe('a file that is sent', () => {
  const head = Buffer.from('head')
  async function sending(size: number) {
    const path = join(testFolder(), 'a.bin')
    writeFileSync(path, Buffer.alloc(size, 7))
    const time = new ManualTime()
    const socket = new SlowSocket()
    const sent = sendFile(socket, head, { path, span: 'all' }, time)
    return { time, socket, sent }
  }

  test('to a client that reads nothing is aborted in time, whatever the client sends', async () => {
    const { time, socket, sent } = await sending(500_000)
    for (let ms = 0; ms < limits.fileStallMs; ms += 1000) {
      socket.emit('data', Buffer.from('x'))
      await time.pass(1000)
    }
    expect(await sent).toBe(false)
    expect([socket.destroyed, socket.bytes.length]).toEqual([true, 1])
  })

  test('to a client that reads slowly arrives whole', async () => {
    const { time, socket, sent } = await sending(500_000)
    let isSent = false
    sent.then(() => {
      isSent = true
    })
    for (let seen = 0; !isSent; ) {
      if (socket.bytes.length > seen) {
        seen = socket.bytes.length
        await time.pass(limits.fileStallMs - 1)
        socket.take()
      } else await new Promise((resolve) => setImmediate(resolve))
    }
    expect(await sent).toBe(true)
    expect(Buffer.concat(socket.bytes)).toHaveLength(head.length + 500_000)
  })
})

describe('slots', () => {
  test('one address cannot take the slots of others, and its slots become free again', () => {
    const slots = new SharedSlots({ all: 3, address: 2, network: 3 })
    const take = (address: string) => slots.take(address)
    expect(['192.0.2.1', '192.0.2.1', '192.0.2.1', '192.0.2.2', '192.0.2.3'].map(take)).toEqual([
      true,
      true,
      false,
      true,
      false,
    ])
    slots.release('192.0.2.1')
    expect(['192.0.2.2', '192.0.2.1'].map(take)).toEqual([true, false])
  })

  test.each([
    ['the 65,536 addresses of one /64', (i: number) => `2001:db8::${i.toString(16)}`, '2001:db8:0:1::1'],
    ['the 256 addresses of one /24', (i: number) => `192.0.2.${i % 256}`, '192.0.3.1'],
  ])('%s cannot take the slots of another network', (_, address, other) => {
    const slots = new SharedSlots({ all: 512, address: 16, network: 128 })
    const taken = Array.from({ length: 600 }, (_, i) => slots.take(address(i))).filter(Boolean)
    expect(taken).toHaveLength(128)
    expect(slots.take(other)).toBe(true)
  })
})

describe('an alias', () => {
  const alias = (source: string, port?: number, bind?: string) => ({ source, destination: '/to', port, bind })
  const entrance = { port: 8000, bind: '192.0.2.1' }

  test('replaces one exact path', () => {
    expect(resolveAlias([alias('/a')], '/a', entrance)).toBe('/to')
    for (const path of ['/', '/ab', '/a/', '/A'])
      expect(resolveAlias([alias('/a')], path, entrance)).toBe(path)
  })

  test('applies only on its port and address', () => {
    expect(resolveAlias([alias('/a', 8000)], '/a', entrance)).toBe('/to')
    expect(resolveAlias([alias('/a', 8001)], '/a', entrance)).toBe('/a')
    expect(resolveAlias([alias('/a', undefined, '192.0.2.1')], '/a', entrance)).toBe('/to')
    expect(resolveAlias([alias('/a', undefined, '192.0.2.2')], '/a', entrance)).toBe('/a')
  })
})
