import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { LogFile, type LogFileOptions } from '../../../origin/log/log-file.ts'
import { testFolder } from '../../kit/process/files.ts'

const options = (more: Partial<LogFileOptions> = {}): LogFileOptions => ({
  sizeBytes: 0,
  archive: false,
  nowMs: () => Date.UTC(2026, 10, 23),
  onTrouble: () => {},
  ...more,
})

/** Takes so many bytes, in as many writes as they come in, and then none. */
function diskWith(freeBytes: number) {
  const disk = {
    freeBytes,
    async write(fd: number, bytes: Uint8Array, from: number) {
      if (disk.freeBytes === 0) throw new Error('ENOSPC')
      const written = writeSync(fd, bytes, from, Math.min(disk.freeBytes, bytes.length - from))
      disk.freeBytes -= written
      return written
    },
  }
  return disk
}

describe('a log file', () => {
  test('gets every line in order, after its earlier contents', async () => {
    const path = join(testFolder(), 'access.log')
    writeFileSync(path, 'before\n')
    const file = new LogFile(path, options())
    for (let i = 0; i < 1000; i++) {
      file.write(`line ${i}`)
      if (i % 100 === 0) await file.flushed()
    }
    await file.close()
    const expected = ['before', ...Array.from({ length: 1000 }, (_, i) => `line ${i}`), '']
    expect(readFileSync(path, 'utf8').split('\n')).toEqual(expected)
  })

  test('logsize: a line that would exceed it begins a new file, the one before is kept as .old', async () => {
    const folder = testFolder()
    const path = join(folder, 'access.log')
    const file = new LogFile(path, options({ sizeBytes: 20 }))
    for (const line of ['first line', 'second', 'third one', 'a line longer than the size']) {
      file.write(line)
      await file.flushed()
    }
    await file.close()
    expect(readdirSync(folder).sort()).toEqual(['access.log', 'access.log.old'])
    expect(readFileSync(`${path}.old`, 'utf8')).toBe('third one\n')
    expect(readFileSync(path, 'utf8')).toBe('a line longer than the size\n')
  })

  test('logarchive: the file before is kept under a name with its time', async () => {
    const folder = testFolder()
    const file = new LogFile(join(folder, 'access.log'), options({ sizeBytes: 10, archive: true }))
    file.write('first line')
    await file.flushed()
    file.write('second')
    await file.close()
    const [current, kept, ...rest] = readdirSync(folder).sort()
    expect(rest).toEqual([])
    expect(current).toBe('access.log')
    expect(kept).toMatch(/^access\.log\.2026112[234]_\d{6}$/)
  })

  test('if no new file can be opened, it reports that and continues with the open one', async () => {
    const folder = join(testFolder(), 'logs')
    mkdirSync(folder)
    const troubles: string[] = []
    const onTrouble = (why: string) => troubles.push(why)
    const file = new LogFile(join(folder, 'access.log'), options({ sizeBytes: 20, onTrouble }))
    file.write('first line')
    await file.flushed()
    renameSync(folder, `${folder}-moved`)
    file.write('second line')
    await file.flushed()
    expect(troubles).toEqual([expect.stringContaining('ENOENT')])
    await file.close()
    expect(readFileSync(join(`${folder}-moved`, 'access.log'), 'utf8')).toBe('first line\nsecond line\n')
  })

  test('reports once that lines are dropped', async () => {
    const troubles: string[] = []
    const file = new LogFile('/dev/full', options({ onTrouble: (why) => troubles.push(why) }))
    for (const line of ['one', 'two']) {
      file.write(line)
      await file.flushed()
    }
    expect(troubles).toEqual([expect.stringMatching(/^lines dropped: ENOSPC/)])
    await file.close()
  })

  test.each([1, 7, 9, 10, 11, 15, 19, 20, 25])(
    'a disk that is full after %i bytes leaves no half line: the line that it cut is completed once there is room',
    async (room) => {
      const path = join(testFolder(), 'access.log')
      const troubles: string[] = []
      const disk = diskWith(room)
      const file = new LogFile(path, options({ write: disk.write, onTrouble: (why) => troubles.push(why) }))
      for (const line of ['line one.', 'line two.', 'line three.']) file.write(line) // 10, 10 and 12 bytes, in one write
      await file.flushed()
      file.write('line four.')
      await file.flushed()
      expect(troubles).toEqual(['lines dropped: ENOSPC'])
      disk.freeBytes = Number.POSITIVE_INFINITY
      file.write('line five.')
      await file.flushed()
      await file.close()
      const begun = ['line one.', 'line two.', 'line three.'].slice(0, Math.ceil(room / 10))
      expect(readFileSync(path, 'utf8').split('\n')).toEqual([...begun, 'line five.', ''])
    },
  )

  test('a line that a full disk cut is completed when its file is closed, as log rotation does', async () => {
    const path = join(testFolder(), 'access.log')
    const disk = diskWith(4)
    const file = new LogFile(path, options({ write: disk.write, sizeBytes: 8 }))
    file.write('line one.')
    await file.flushed()
    disk.freeBytes = 100
    await file.close()
    expect(readFileSync(path, 'utf8')).toBe('line one.\n')
  })

  test('a line that a full disk cut does not go on in another file, where the size would begin one', async () => {
    const folder = testFolder()
    const disk = diskWith(4)
    const file = new LogFile(join(folder, 'access.log'), options({ write: disk.write, sizeBytes: 8 }))
    file.write('line one.')
    await file.flushed()
    disk.freeBytes = 100
    for (const line of ['line two.', 'line three.']) {
      file.write(line)
      await file.flushed()
    }
    await file.close()
    expect(readFileSync(join(folder, 'access.log.old'), 'utf8')).toBe('line one.\nline two.\n')
    expect(readFileSync(join(folder, 'access.log'), 'utf8')).toBe('line three.\n')
  })

  test('a half line that an earlier run left, killed while the disk was full, does not swallow the next line', async () => {
    const path = join(testFolder(), 'access.log')
    writeFileSync(path, 'whole\nhal')
    const file = new LogFile(path, options())
    for (const line of ['one', 'two']) {
      file.write(line)
      await file.flushed()
    }
    await file.close()
    expect(readFileSync(path, 'utf8')).toBe('whole\nhal\none\ntwo\n')
  })

  test('a file that cannot be opened throws at once', () => {
    expect(() => new LogFile(join(testFolder(), 'none', 'access.log'), options())).toThrow('ENOENT')
  })
})
