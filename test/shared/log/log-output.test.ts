import { describe, expect, test } from 'vitest'
import { FewLines } from '../../../shared/log/few-lines.ts'
import { outputOf } from '../../../shared/log/log-output.ts'

const bytes = new Uint8Array(3)
const coded = (code: string) => Object.assign(new Error(code), { code })

/** An output of a kind, and what was done with it; `fails` throws at an open or a write. */
function output(
  kind: 'file' | 'socket' | 'pipe',
  fails: (call: string) => string | undefined = () => undefined,
) {
  const calls: string[] = []
  const call = (what: string) => {
    calls.push(what)
    const code = fails(what)
    if (code) throw coded(code)
  }
  const files = {
    fstatSync: () => ({ isFile: () => kind === 'file', isSocket: () => kind === 'socket' }),
    openSync(path: string, flags: number) {
      call(`open ${path} ${flags}`)
      return 9
    },
    writeSync(fd: number, { length }: Uint8Array) {
      call(`write ${fd}`)
      return length
    },
    constants: { O_WRONLY: 1, O_NONBLOCK: 2, O_NOCTTY: 4 },
  }
  const write = outputOf(1, files, () => {
    calls.push('by runtime')
    return 3
  })
  return { calls, write: () => write(bytes) }
}

describe('an output', () => {
  test('that is a file is written, and one that is a socket is left to the runtime', () => {
    const file = output('file')
    expect([file.write(), file.calls]).toEqual([3, ['write 1']])
    const socket = output('socket')
    expect([socket.write(), socket.calls]).toEqual([3, ['by runtime']])
  })

  test('that is a pipe is opened once more, without waiting for its reader', () => {
    const pipe = output('pipe')
    for (let i = 0; i < 2; i++) expect(pipe.write()).toBe(3)
    expect(pipe.calls).toEqual(['open /proc/self/fd/1 7', 'write 9', 'write 9'])
  })

  test('that is full accepts nothing now', () => {
    expect(output('pipe', (call) => (call === 'write 9' ? 'EAGAIN' : undefined)).write()).toBe(0)
  })

  test.each(['ENOSPC', 'EDQUOT'])(
    'that is a file on a full disk accepts nothing now, so that no line is cut: %s',
    (code) => {
      const file = output('file', () => code)
      for (let i = 0; i < 2; i++) expect(file.write()).toBe(0)
      expect(output('file', () => 'EIO').write).toThrow('EIO')
    },
  )

  test('without a reader fails, and is opened again at the next line', () => {
    const pipe = output('pipe', (call) => (call.startsWith('open') ? 'ENXIO' : undefined))
    for (let i = 0; i < 2; i++) expect(pipe.write).toThrow('ENXIO')
    expect(pipe.calls).toHaveLength(2)
    const gone = output('pipe', (call) => (call === 'write 9' ? 'EPIPE' : undefined))
    for (let i = 0; i < 2; i++) expect(gone.write).toThrow('EPIPE')
    expect(gone.calls.filter((call) => call.startsWith('open'))).toHaveLength(1)
  })

  test('that cannot be opened again is left to the runtime from then on', () => {
    const pipe = output('pipe', (call) => (call.startsWith('open') ? 'EACCES' : undefined))
    for (let i = 0; i < 2; i++) expect(pipe.write()).toBe(3)
    expect(pipe.calls).toEqual(['open /proc/self/fd/1 7', 'by runtime', 'by runtime'])
  })
})

test('of lines that anyone can cause a few are written at once, then one that says how many were left out', () => {
  const lines = new FewLines({ burst: 2, perSecond: 1 })
  expect([0, 0, 0, 999].map((nowMs) => lines.next(nowMs))).toEqual([0, 0, undefined, undefined])
  lines.leaveOut()
  expect(lines.next(1000)).toBe(3)
  expect(lines.next(2000)).toBe(0)
})
