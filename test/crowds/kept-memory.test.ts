import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, test } from 'vitest'
import { ChunkedDecoder } from '../../origin/http/chunked.ts'
import { HeadReader } from '../../origin/http/head.ts'
import { Registry } from '../../shared/cluster/registry.ts'
import { KnownLines } from '../../shared/report/mount-lines.ts'
import type { Report } from '../../shared/report/report.ts'
import { parseSourcelist, printSourcelist } from '../../shared/report/sourcelist.ts'
import { mountReport, reportOf } from '../kit/reports.ts'

// Memory is measured in a process of its own: to collect the garbage of all unit tests takes longer than these do.

setFlagsFromString('--expose-gc')
const collect: () => void = runInNewContext('gc')

/** Bytes of memory that are in use. */
function used(): number {
  collect()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

/** Bytes of memory retained by the result of `make`. */
function heldBy(make: () => unknown): number {
  const before = used()
  const made = make()
  const held = used() - before
  return made === undefined ? 0 : held
}

describe('an incomplete text, sent one byte at a time', () => {
  const letters = Array.from({ length: 26 }, (_, i) => Uint8Array.of(97 + i))
  const trickle = (reader: { push(bytes: Uint8Array): unknown }, start: string, size: number) => {
    reader.push(Buffer.from(start))
    for (let i = 0; i < size; i++) reader.push(letters[i % 26] ?? Buffer.from('x'))
    return reader
  }

  test.each([
    ['a head', 8000, () => trickle(new HeadReader(), 'GET /a HTTP/1.1\r\nx: ', 8000)],
    ['a first line', 8000, () => trickle(new HeadReader(), 'GET /', 8000)],
    ["a chunk's size", 4000, () => trickle(new ChunkedDecoder(() => {}), '1;', 4000)],
  ])('%s needs little more memory than its bytes', (_, size, make) => {
    make()
    // as one string per byte it was more than thirty times as much
    expect(heldBy(() => Array.from({ length: 100 }, make))).toBeLessThan(100 * 4 * size)
  })
})

test('a mount that stays keeps its own lines in memory, not the report that it came with', () => {
  const mounts = Array.from({ length: 100 }, (_, i) =>
    mountReport(`/mount${i}.mp3`, { about: { title: `the title of mount ${i} `.repeat(40).trim() } }),
  )
  let last: Report | undefined
  const known = new KnownLines(() => last)
  const read = () => {
    // as it comes from the network: one string
    const text = Buffer.from(printSourcelist(reportOf('a', { mounts }))).toString()
    last = parseSourcelist(text, known)
    return text.length
  }
  const bytes = read()
  const before = used()
  for (const [i, each] of mounts.entries()) {
    mounts[i] = { ...each, about: { title: `another title of mount ${i} `.repeat(35).trim() } }
    read()
  }
  expect(used() - before, `reports of ${bytes} bytes`).toBeLessThan(10 * bytes)
})

test('a mount at a server of a fleet takes numbers alone, outside of what a garbage collector looks at', () => {
  const [servers, mounts] = [300, 100]
  const textOf = (i: number) =>
    printSourcelist(
      reportOf(`s${i}`, {
        mounts: Array.from({ length: mounts }, (_, k) =>
          mountReport(`/m${k}`, { listeners: (i + k) % 50, joins: 1000 * i + k }),
        ),
      }),
    )
  const registryOf = (count: number) => {
    const registry = new Registry(undefined, 100, 0)
    for (let i = 0; i < count; i++) registry.put(registry.parse(textOf(i)), '', 1)
    return registry
  }
  registryOf(3)
  const objects = () => {
    collect()
    return process.memoryUsage().heapUsed
  }
  const before = { heap: objects(), all: used() }
  const registry = registryOf(servers)
  const each = (bytes: number) => bytes / (servers * mounts)
  // 61 of the heap and 161 in all, with what the server itself takes; as objects they took 278 of the heap
  expect(each(objects() - before.heap)).toBeLessThan(100)
  expect(each(used() - before.all)).toBeLessThan(220)
  expect(registry.view.servers.size).toBe(servers)
})
