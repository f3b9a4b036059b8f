import * as v from 'valibot'
import { describe, expect, test } from 'vitest'
import {
  PlaysSchema,
  packNumbers,
  packPlays,
  packSeries,
  SeriesSchema,
} from '../../../shared/history/packed.ts'
import { noNumbers } from '../../../shared/history/series.ts'
import { mountOf } from '../../kit/parts/reports.ts'

describe('a stored row', () => {
  test('has the series of every name, those that all objects of JavaScript have too', () => {
    const names = ['a', 'constructor', '__proto__', 'prototype', 'toString', '/ü "x".mp3', '/%23', '/a\\b']
    const series = new Map(names.map((name, i) => [name, { ...noNumbers, joins: i + 1 }]))
    expect(v.parse(SeriesSchema, packSeries(series))).toEqual(series)
  })

  test('has numbers without the zeros at their end, seconds to a tenth', () => {
    const numbers = { seconds: 1.26, peak: 2, joins: 0, refused: 4, kbit: 0.4 }
    expect(packNumbers(numbers)).toEqual([1.3, 2, 0, 4])
    expect(packNumbers(noNumbers)).toEqual([])
    const packed = packSeries(new Map([['a', numbers]]))
    expect(v.parse(SeriesSchema, packed).get('a')).toEqual({ ...numbers, seconds: 1.3, kbit: 0 })
  })

  test.for(['', '[]', '5', 'null', '{"a":5}', '{"a":["1"]}', '{"a":[1,2,3,4,5,6]}', '{"a":[1e999]}'])(
    'is not %j',
    (text) => expect(v.is(SeriesSchema, text)).toBe(false),
  )

  test('has plays with and without an artist and a title', () => {
    const play = {
      mount: mountOf('/live.mp3'),
      artist: undefined,
      title: 'One',
      startMs: 5,
      seconds: 1.5,
      listenersAtStart: 2,
      peak: 3,
      listeningSeconds: 4.5,
    }
    const plays = [play, { ...play, artist: 'A', title: undefined }]
    expect(v.parse(PlaysSchema, packPlays(plays))).toEqual(plays)
  })
})
