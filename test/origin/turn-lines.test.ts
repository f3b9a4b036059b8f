import { expect, test } from 'vitest'
import { TurnLines } from '../../origin/log/turn-lines.ts'

function turns() {
  const written: string[] = []
  const waiting: (() => void)[] = []
  const lines = new TurnLines(
    (text) => written.push(text),
    (call) => waiting.push(call),
  )
  const next = () => {
    for (const call of waiting.splice(0)) call()
  }
  return { lines, written, waiting, next }
}

test('the lines of one turn leave in one write, in their order, and those of the next in another', () => {
  const { lines, written, waiting, next } = turns()
  for (const line of ['a', 'b', 'c']) lines.add(line)
  expect(written).toEqual([])
  expect(waiting).toHaveLength(1)
  next()
  lines.add('d')
  next()
  expect(written).toEqual(['a\nb\nc', 'd'])
})

test('what a program says last is written before it ends, and nothing twice', () => {
  const { lines, written, next } = turns()
  lines.add('the end')
  lines.flush()
  next()
  lines.flush()
  expect(written).toEqual(['the end'])
})
