import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { pathOf, peer } from './peers.ts'
import { type RivalConfig, type RivalName, rivalNames, startRival } from './rivals.ts'
import type { Server } from './runtimes.ts'
import { Stage } from './stage.ts'

/** What is seen of a scene from outside, by names of its own. */
export type Seen = Readonly<Record<string, unknown>>

/** Something that happens at a server, and what is seen of it. Scenes of a file share one server, so each has mounts of its own. */
export interface Scene {
  /** a sentence */
  name: string
  /** its elements of icecast.xml */
  elements?: string
  play(stage: Stage): Promise<Seen>
  /** what is seen at Icecast 2.4.4 */
  seen: Seen
  /** what is seen at ours where we want another, and why we want it */
  ours?: { why: string; seen: Seen }
}

/** A `<mount>` block. */
export const mountBlock = (name: string, settings: Record<string, string | number>): string =>
  `<mount><mount-name>${name}</mount-name>${Object.entries(settings)
    .map(([element, value]) => `<${element}>${value}</${element}>`)
    .join('')}</mount>`

/** Plays the same scenes at Icecast 2.4.4 and at ours, each time all at once, and expects of each what it is to show. */
export function compare(about: string, scenes: readonly Scene[], config: RivalConfig = {}): void {
  const elements = [config.elements ?? '', ...scenes.map((scene) => scene.elements ?? '')].join('\n')
  describe.for(rivalNames)(`${about}: %s`, (rival) => {
    let server: Server
    const plays = new Map<Scene, Promise<Seen>>()
    beforeAll(async () => {
      if (rival === 'Icecast 2.4.4' && pathOf('icecast2') === undefined) return
      server = await startRival(rival, { ...config, elements })
      for (const scene of scenes) plays.set(scene, perform(scene, server))
      await Promise.allSettled(plays.values())
    })
    afterAll(() => server?.stop())

    for (const scene of scenes)
      testAt(rival)(nameAt(rival, scene), async () => {
        const expected = rival === 'Icecast 2.4.4' ? scene.seen : (scene.ours?.seen ?? scene.seen)
        expect(await plays.get(scene), server.program.output().slice(-4000)).toEqual(expected)
      })
  })
}

const testAt = (rival: RivalName) => (rival === 'Icecast 2.4.4' ? peer('icecast2') : test)

const nameAt = (rival: RivalName, { name, ours }: Scene) =>
  rival === 'Icecast 2.4.4' || ours === undefined ? name : `${name} [unlike Icecast: ${ours.why}]`

async function perform(scene: Scene, server: Server): Promise<Seen> {
  const stage = new Stage(server)
  try {
    return await scene.play(stage)
  } catch (problem) {
    throw new Error(`${problem}\n${server.program.output().slice(-4000)}`, { cause: problem })
  } finally {
    stage.close()
  }
}
