import { expect, test } from 'vitest'
import { type RecordSocket, RecordWire, recordBytesMax } from '../../../origin/listen/record-wire.ts'

/** A socket that accepts its data when the test says so. */
function slowSocket() {
  const writes: number[] = []
  const bytes: number[] = []
  const events: string[] = []
  let done: ((error?: Error) => void) | undefined
  const socket: RecordSocket = {
    get writableLength() {
      return done ? (writes.at(-1) ?? 0) : 0
    },
    write(piece, callback) {
      expect(done, 'one write at a time').toBeUndefined()
      writes.push(piece.length)
      bytes.push(...piece)
      done = callback
    },
    end: () => void events.push('end'),
    destroy: () => void events.push('destroy'),
  }
  const take = (error?: Error) => {
    const taken = done
    done = undefined
    taken?.(error)
  }
  return { socket, writes, bytes, events, take }
}

const numbered = (length: number, from = 0) => Uint8Array.from({ length }, (_, i) => (i + from) % 251)

test('a burst is written record by record, each when the previous one is accepted, all bytes in order', () => {
  const { socket, writes, bytes, take } = slowSocket()
  const wire = new RecordWire(socket)
  wire.cork()
  wire.write(numbered(300))
  wire.write(numbered(recordBytesMax + 100, 300))
  expect(writes).toEqual([])
  wire.uncork()
  expect(writes).toEqual([300])
  expect(wire.writableLength).toBe(300 + recordBytesMax + 100)
  take()
  take()
  expect(writes).toEqual([300, recordBytesMax, 100])
  take()
  expect(wire.writableLength).toBe(0)
  expect(Uint8Array.from(bytes)).toEqual(numbered(300 + recordBytesMax + 100))
})

test('a writer that had to wait gets one drain event when everything is accepted', () => {
  const { socket, take } = slowSocket()
  const wire = new RecordWire(socket)
  expect(wire.write(numbered(recordBytesMax))).toBe(true)
  expect(wire.write(numbered(1))).toBe(false)
  let drained = 0
  wire.once('drain', () => drained++)
  take()
  expect(drained).toBe(0)
  take()
  expect(drained).toBe(1)
  wire.write(numbered(1))
  take()
  expect(drained).toBe(1)
})

test('it closes after everything written, and at once if told so', () => {
  const { socket, events, take } = slowSocket()
  const wire = new RecordWire(socket)
  wire.write(numbered(1))
  wire.end()
  expect(events).toEqual([])
  take()
  expect(events).toEqual(['end'])
  wire.destroy()
  expect(events).toEqual(['end', 'destroy'])
})

test('a broken connection gets no more data', () => {
  const { socket, writes, take } = slowSocket()
  const wire = new RecordWire(socket)
  wire.write(numbered(2 * recordBytesMax))
  take(new Error('reset'))
  expect(writes).toEqual([recordBytesMax])
  expect(wire.writableLength).toBe(0)
})
