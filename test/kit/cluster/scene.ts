import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { hasStock, stock } from '../peers/stock.ts'
import type { Server } from '../process/runtimes.ts'
import { isStock, type RivalConfig, type RivalName, rivalNames, startRival } from './rivals.ts'
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
  /** what is seen at Icecast 2.5.0 where that is something else, and what has changed; not played there where nothing is named */
  later?: { why: string; seen?: Seen }
  /** what is seen at ours where we want another, and why we want it */
  ours?: { why: string; seen: Seen }
}

/** A `<mount>` block. */
export const mountBlock = (name: string, settings: Record<string, string | number>): string =>
  `<mount><mount-name>${name}</mount-name>${Object.entries(settings)
    .map(([element, value]) => `<${element}>${value}</${element}>`)
    .join('')}</mount>`

/**
 * Plays the same scenes at Icecast 2.4.4, at 2.5.0 and at ours, each time all at once, and expects of each what it is to show.
 *
 * @param rivals without 2.5.0 where the scenes are about words and answers of 2.4.4, which ours keeps
 */
export function compare(
  about: string,
  scenes: readonly Scene[],
  config: RivalConfig = {},
  rivals = allRivals,
): void {
  const elements = [config.elements ?? '', ...scenes.map((scene) => scene.elements ?? '')].join('\n')
  describe.for(rivals)(`${about}: %s`, (rival) => {
    let server: Server
    const plays = new Map<Scene, Promise<Seen>>()
    const played = scenes.filter((scene) => isPlayedAt(rival, scene))
    beforeAll(async () => {
      if (isStock(rival) && !hasStock(rival)) return
      for (let attempt = 1; ; attempt++) {
        server = await startRival(rival, { ...config, elements })
        for (const scene of played) plays.set(scene, perform(scene, server))
        // stock Icecast crashes now and then, with all scenes at once: they are played again at another one
        const isCrashed = await playedOut(server, [...plays.values()])
        if (!isCrashed || !isStock(rival) || attempt === attemptsMax) break
        await server.stop()
      }
    })
    afterAll(() => server?.stop())

    for (const scene of played)
      testAt(rival)(nameAt(rival, scene), async () => {
        expect(await plays.get(scene), server.program.output().slice(-4000)).toEqual(expectedOf(rival, scene))
      })
  })
}

/** of one file's scenes at a stock Icecast that crashes */
const attemptsMax = 3
/** ms until it is known that it has, after a scene has lost it */
const exitMs = 2000

/** Waits for the end of all scenes, or for that of their server; resolves with whether it has exited. A scene may be the first to notice. */
async function playedOut({ program }: Server, plays: readonly Promise<Seen>[]): Promise<boolean> {
  const ended = await Promise.race([Promise.allSettled(plays), program.exited.then(() => [])])
  if (ended.some(({ status }) => status === 'rejected')) await Promise.race([program.exited, wait(exitMs)])
  return program.isGone
}

const allRivals: readonly RivalName[] = [...rivalNames, 'Icecast 2.5.0']

const isPlayedAt = (rival: RivalName, { later }: Scene) =>
  rival !== 'Icecast 2.5.0' || later === undefined || later.seen !== undefined

const testAt = (rival: RivalName) => (isStock(rival) ? stock(rival) : test)

function expectedOf(rival: RivalName, { seen, later, ours }: Scene): Seen {
  if (rival === 'Icecast 2.4.4') return seen
  return (rival === 'Icecast 2.5.0' ? later?.seen : ours?.seen) ?? seen
}

const nameAt = (rival: RivalName, { name, ours }: Scene) =>
  isStock(rival) || ours === undefined ? name : `${name} [unlike Icecast: ${ours.why}]`

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
