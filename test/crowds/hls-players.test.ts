import { describe, expect, test } from 'vitest'
import { PlayedCluster } from '../kit/hls/played-cluster.ts'

describe('300 players at three servers of 200 slots', () => {
  const silences = (cluster: PlayedCluster) =>
    cluster.players.filter((player) => player.silentMs(cluster.nowMs) > 0).length

  test.each([1, 2])(
    'leave a drained server within a TTL and two target durations, fill a new one, and survive a dead one (seed %i)',
    async (seed) => {
      const cluster = new PlayedCluster(seed)
      for (const id of ['a', 'b', 'c']) cluster.add(id, 200)
      cluster.join(300)
      await cluster.pass(40)
      expect(cluster.at('a') + cluster.at('b') + cluster.at('c')).toBe(300)
      cluster.drain('a')
      await cluster.pass(12 + 2 * 4)
      expect(cluster.at('a')).toBe(0)
      expect(Math.abs(cluster.utilisation('b') - cluster.utilisation('c'))).toBeLessThanOrEqual(5)
      await cluster.pass(3 * 4)
      expect(cluster.counted('a')).toBe(0)

      cluster.add('d', 200)
      await cluster.pass(120)
      const evened = ['b', 'c', 'd'].map((id) => cluster.utilisation(id))
      expect(Math.max(...evened) - Math.min(...evened)).toBeLessThanOrEqual(10)

      cluster.kill('b')
      await cluster.pass(30)
      expect(cluster.at('b')).toBe(0)
      expect(cluster.at('c') + cluster.at('d')).toBe(300)
      expect(Math.max(cluster.counted('c'), cluster.counted('d'))).toBeLessThanOrEqual(200)
      expect(silences(cluster)).toBe(0)
      expect(cluster.players.reduce((sum, { missed }) => sum + missed, 0)).toBe(0)
    },
  )
})
