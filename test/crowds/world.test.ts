import { afterEach, describe, expect, test } from 'vitest'
import { hlsLimits } from '../../shared/hls/limits.ts'
import { limits } from '../../shared/limits.ts'
import type { Mount } from '../../shared/mount.ts'
import type { News } from '../../shared/news/published-servers.ts'
import { printSourcelist } from '../../shared/report/sourcelist.ts'
import { reportOf } from '../kit/parts/reports.ts'
import type { Cluster } from '../tools/world/cluster.ts'
import { beginnings } from '../tools/world/faults/all.ts'
import type { Fault } from '../tools/world/faults/fault.ts'
import { drawPlan, type WorldPlan } from '../tools/world/plan.ts'
import { type Mutation, play } from '../tools/world/play.ts'
import type { Setting } from '../tools/world/setting.ts'
import { shrink } from '../tools/world/shrink.ts'
import { tell } from '../tools/world/story.ts'

const flagsOf = (host: string) =>
  `--hostname ${host} --public-url http://${host} --id ${host} --update-interval 2 --max-listeners 30 --relay-password relay-1`
/** an edge, a master and two slaves that report every 2 s */
const small: Setting = {
  edges: ['edge-1'],
  onWorkers: [],
  origins: [
    {
      host: 'north',
      kind: 'master',
      flags: `--edge http://edge-1 --edge-password relay-1 ${flagsOf('north')}`,
    },
    ...['east', 'west'].map((host) => ({
      host,
      kind: 'slave' as const,
      flags: `--master http://edge-1 --master-password relay-1 ${flagsOf(host)}`,
    })),
  ],
  stock: [],
  kh: [],
  mounts: ['/live.mp3'],
  countries: [undefined],
  joinsPerSecond: 0.5,
  hlsShare: 0,
  hlsEdge: 'off',
  longestIntervalS: 2,
}

/** the same with an edge on Workers, where many listeners come */
const onWorkers: Setting = {
  ...small,
  onWorkers: ['edge-1'],
  joinsPerSecond: 3,
}

/** the same with a stock Icecast that takes listeners of Germany alone, and is polled */
const withStock: Setting = {
  ...small,
  stock: [{ id: 'old', url: 'http://old', maxListeners: 6, interval: 2, countries: 'DE' }],
  countries: [undefined, 'DE', 'FR'],
  joinsPerSecond: 3,
}

/** a master that decides itself, and two slaves */
const deciding: Setting = {
  ...small,
  edges: [],
  origins: [
    {
      host: 'north',
      kind: 'decider',
      flags: `--public-slave --admin-password admin-secret ${flagsOf('north')}`,
    },
    ...['east', 'west'].map((host) => ({
      host,
      kind: 'slave' as const,
      flags: `--master http://north --master-password relay-1 ${flagsOf(host)}`,
    })),
  ],
}

/** the same where everybody listens by HLS */
const byHls: Setting = { ...small, hlsShare: 1 }

/** the same, and the edge carries for everybody */
const carrying: Setting = { ...byHls, hlsEdge: 'always' }

/** … only where no server has room */
const overflow: Setting = { ...byHls, hlsEdge: 'overflow' }

/** the same with two slaves of icecast-kh: one that registers, and one that is polled by its XML */
const withKh: Setting = {
  ...small,
  kh: [{ host: 'kh', clients: 30, interval: 5 }],
  stock: [
    { id: 'old', url: 'http://old', maxListeners: 3, interval: 2, kind: 'xml', password: 'admin-secret' },
  ],
  joinsPerSecond: 3,
}

/** the same with its slaves in Berlin and in Paris, and listeners in Berlin */
const located: Setting = {
  ...small,
  origins: small.origins.map((each) => {
    const at = { north: '40.71,-74.01', east: '52.52,13.4', west: '48.85,2.35' }[each.host]
    return { ...each, flags: `${each.flags} --location=${at}` }
  }),
  countries: ['DE'],
}

/** Forty seconds of the small cluster with these faults. */
const planOf = (...faults: (Partial<Fault> & Pick<Fault, 'kind'>)[]): WorldPlan => ({
  seed: 1,
  setting: small,
  healMs: 40_000,
  faults: faults.map((fault) => ({ atMs: 20_000, forMs: 5000, who: 0, other: 0, size: 0.5, ...fault })),
})

/** The same, over sooner: for what shows only after everything has healed. */
const briefPlan = (...faults: Parameters<typeof planOf>): WorldPlan => ({
  ...planOf(...faults),
  healMs: 22_000,
})

describe('the world', () => {
  // two edges, one of them on Workers, with an Icecast that is polled and an icecast-kh; a master that decides itself
  test.each([1852, 312])('of seed %i breaks no rule', async (seed) => {
    const plan = drawPlan(seed, 0.4)
    const played = await play(plan)
    expect(played.violations, tell(plan, played)).toEqual([])
    expect(played.outcomes.served).toBeGreaterThan(5)
  })

  test('is the same again with the same seed, to the last message', async () => {
    const faults = ['killed', 'slow', 'crowd'].map((kind) => ({ kind, atMs: 10_000 }))
    const setting = { ...withStock, onWorkers: ['edge-1'], hlsShare: 0.3, joinsPerSecond: 1 }
    const plan = { ...planOf(...faults), setting }
    const enough: Mutation = ({ world }) => world.after(19_000, () => world.violate('enough', 'was seen'))
    const [once, again, other] = [
      await play(plan, enough),
      await play(plan, enough),
      await play({ ...plan, seed: 2 }, enough),
    ]
    expect([again.hash, again.steps]).toEqual([once.hash, once.steps])
    expect(other.hash).not.toBe(once.hash)
  })

  test('draws every kind of fault', () => {
    const drawn = new Set(
      [...Array(30).keys()].flatMap((seed) => drawPlan(seed, 5).faults.map(({ kind }) => kind)),
    )
    expect([...drawn].sort()).toEqual(Object.keys(beginnings).sort())
  })

  test('cuts a seed that breaks a rule down to the faults that it takes, and tells it', async () => {
    const kinds = ['slow', 'killed', 'exodus']
    // the last one comes after the rule has broken
    const plan = planOf(...kinds.map((kind, i) => ({ kind, atMs: [20_000, 21_000, 29_000][i] ?? 0 })))
    const forgets: Mutation = ({ world }) => {
      world.tampering.forgets = (query) => query.startsWith('INSERT OR REPLACE INTO server')
    }
    const smallest = await shrink(plan, forgets)
    expect(smallest.plan.faults.map(({ kind }) => kind)).toEqual(['killed'])
    expect(tell(smallest.plan, smallest.played)).toMatch(/this does not hold: no acknowledged report is lost/)
  })
})

test('where all servers are drained, a session of HLS stays at the one where it is', async () => {
  const plan = { ...planOf({ kind: 'drained', size: 0.99, forMs: 60_000 }), setting: byHls }
  const { bites, violations } = await play(plan)
  expect(violations).toEqual([])
  expect(bites.counts.get('session stays at a server that is out')).toBeGreaterThan(0)
  expect(bites.counts.get('session at a drained server')).toBeGreaterThan(0)
})

/** The answer to a session, with another order of servers. */
const reordered = (
  text: string,
  url: URL,
  order: (priority: string[], current: string) => string[],
): string => {
  if (!url.pathname.endsWith('/steering.json') || !text.startsWith('{')) return text
  const manifest = JSON.parse(text)
  const current = url.searchParams.get('_HLS_pathway') ?? ''
  return JSON.stringify({ ...manifest, 'PATHWAY-PRIORITY': order(manifest['PATHWAY-PRIORITY'], current) })
}

/** A playlist whose target duration is longer than its segments. */
const endless = (bytes: Uint8Array): Uint8Array<ArrayBuffer> =>
  new TextEncoder().encode(new TextDecoder().decode(bytes).replace(/(TARGETDURATION):\d+/, '$1:60'))

/** The reports of a master that is full, and says that it plays what it has lost. */
function asIfOnAir(): (sourcelist: string) => string {
  let mounts = 'mounts: 0\n\n'
  return (sourcelist) => {
    if (!sourcelist.includes('role: master')) return sourcelist
    mounts = /^mounts: 1\n[\s\S]*/m.exec(sourcelist)?.[0] ?? mounts
    return sourcelist
      .replace(/^mounts: 0\n[\s\S]*/m, mounts)
      .replace(/max-listeners: \d+/, 'max-listeners: 0')
  }
}

const emptied = (page: News): News => ({ ...page, bytes: new Uint8Array() })

describe('the check finds', () => {
  const longer = limits.deadlineIntervals
  const { sessionTargets, cacheBytesMax } = hlsLimits
  afterEach(() => {
    Object.assign(limits, { deadlineIntervals: longer })
    Object.assign(hlsLimits, { sessionTargets, cacheBytesMax })
  })
  const reports =
    (change: (sourcelist: string) => string): Mutation =>
    (cluster) => {
      cluster.world.tampering.report = change
    }
  const late =
    (atMs: number, act: (cluster: Cluster) => void): Mutation =>
    (cluster) =>
      cluster.world.after(atMs, () => act(cluster))

  test.each<[what: string, rules: RegExp | RegExp[], mutate: Mutation, plan: WorldPlan]>([
    [
      'a store that forgets reports',
      /no acknowledged report is lost/,
      ({ world }) => {
        world.tampering.forgets = (query) => query.startsWith('INSERT OR REPLACE INTO server')
      },
      planOf({ kind: 'killed' }),
    ],
    [
      'a store that forgets drains',
      /a drain survives a restart/,
      ({ world }) => {
        world.tampering.forgets = (query) => query.includes('INTO drain')
      },
      planOf({ kind: 'drained', forMs: 60_000 }, { kind: 'killed', atMs: 25_000 }),
    ],
    [
      'a decider that takes old reports',
      /an older report never replaces a newer one/,
      reports((text) => text.replace(/^(?:boot|seq): .*\n/gm, '')),
      {
        ...planOf(
          { kind: 'doubling', size: 0.99, forMs: 60_000 },
          { kind: 'slow', size: 0.9, forMs: 60_000 },
        ),
        healMs: 60_000,
      },
    ],
    [
      'a decider that takes a dead server for a live one',
      /no redirect to a server that is out.* stale/,
      () => void Object.assign(limits, { deadlineIntervals: 20 }),
      planOf({ kind: 'cut off', who: 0.9, forMs: 60_000 }),
    ],
    [
      'a decider that overlooks what a server says of itself',
      /no redirect to a server that is out.* draining/,
      reports((text) => text.replace('state: draining', 'state: up')),
      planOf({ kind: 'drains itself', forMs: 60_000 }),
    ],
    [
      'a decider that overlooks that a server is full',
      /no redirect to a server that is out.* full/,
      reports((text) => text.replace(/max-listeners: \d+/, 'max-listeners: 999')),
      planOf({ kind: 'crowd', size: 0.99 }, { kind: 'crowd', atMs: 21_000, size: 0.99 }),
    ],
    [
      'a decider that sends relays to slaves',
      /no redirect to a server that is out.* a relay needs a master/,
      late(19_000, ({ world }) => {
        world.tampering.report = (text) => text.replace('role: slave', 'role: master')
      }),
      planOf({ kind: 'crowd' }),
    ],
    [
      'a server that passes listeners on and on',
      /a server that is sent any x never sends back|no chain is longer/,
      ({ world }) => {
        world.tampering.query = () => ''
      },
      planOf({ kind: 'crowd', size: 0.99 }, { kind: 'crowd', atMs: 21_000, size: 0.99 }),
    ],
    [
      'a decider that refuses listeners while servers have room',
      /nobody is refused while a known server has room/,
      reports((text) => text.replace(/max-listeners: \d+/, 'max-listeners: 0')),
      planOf(),
    ],
    [
      'a redirect to nowhere',
      /a redirect leads to a server/,
      ({ world }) => {
        world.tampering.location = (location) =>
          location.replace('east', 'elsewhere').replace('west', 'elsewhere')
      },
      planOf(),
    ],
    [
      'a slave that lacks a mount',
      /every slave carries every mount/,
      ({ world }) => {
        world.tampering.answer = (path, text) => (path.includes('streamlist') ? '' : text)
      },
      briefPlan(),
    ],
    [
      'a server that never comes back into the draw',
      /every server is in the draw/,
      late(20_000, ({ world, slaves, deciders }) => {
        world.network.cut(slaves[0]?.host ?? '', deciders[0]?.host ?? '')
      }),
      briefPlan(),
    ],
    [
      'a server that does not notice that listeners leave',
      /counts are right to the listener/,
      ({ world }) => {
        world.tampering.overlooksLeaving = true
      },
      briefPlan({ kind: 'exodus', size: 0.9 }),
    ],
    [
      'a decider that counts wrong',
      /counts are right to the listener/,
      reports((text) => text.replace(/^listeners: (\d+)$/m, (_, n) => `listeners: ${Number(n) + 1}`)),
      briefPlan(),
    ],
    [
      'servers that nobody runs, and that are never forgotten',
      [/nobody else is in the draw/, /memory is bounded by what is live.* rows of server/],
      late(23_000, ({ deciders }) => {
        for (const id of ['ghost', 'other']) {
          const ghost = reportOf(id)
          for (const { program, registry } of deciders)
            registry?.put(ghost, printSourcelist(ghost), program?.nowMs() ?? 0)
        }
      }),
      briefPlan(),
    ],
    [
      'a server that takes more listeners than it has slots',
      /no server takes more than fit.* took a listener: it has/,
      late(15_000, ({ slaves }) => {
        for (const { origin } of slaves)
          if (origin)
            Object.assign(origin, {
              place: ({ mount }: { mount: Mount }) => ({ serve: true, by: origin.state.mounts.get(mount) }),
            })
      }),
      planOf({ kind: 'crowd', size: 0.99 }),
    ],
    [
      'a server that takes sessions while it is drained',
      /no server takes more than fit.* took a session: its admin drains it/,
      late(15_000, ({ slaves }) => {
        for (const { origin } of slaves)
          if (origin) Object.assign(origin.placer, { refuseHls: () => undefined })
      }),
      {
        ...planOf({ kind: 'drains itself', who: 0.4, forMs: 60_000 }),
        setting: { ...byHls, joinsPerSecond: 2 },
      },
    ],
    [
      'a master that decides itself, and whose store forgets reports',
      /no acknowledged report is lost.*north holds nothing/,
      ({ world }) => {
        world.tampering.forgets = (query) => query.startsWith('INSERT OR REPLACE INTO server')
      },
      { ...planOf({ kind: 'killed' }), setting: deciding },
    ],
    [
      'a master that decides itself, and overlooks what a slave says of itself',
      /no redirect to a server that is out.*north sent .* draining/,
      reports((text) => text.replace('state: draining', 'state: up')),
      {
        ...planOf({ kind: 'drains itself', who: 0.4, forMs: 60_000 }),
        setting: { ...deciding, joinsPerSecond: 3 },
      },
    ],
    [
      'a master that decides itself, and leaves a session at a drained slave',
      /a session leaves a server that is out.*north left one at east.* drained/,
      ({ world }) => {
        world.tampering.steering = (text, url) => reordered(text, url, (all, current) => [current, ...all])
      },
      {
        ...planOf({ kind: 'drained', other: 0.4, forMs: 60_000 }),
        setting: { ...deciding, hlsShare: 1, joinsPerSecond: 2 },
      },
    ],
    [
      'an isolate that leaves a session at a drained server',
      /a session leaves a server that is out.*edge-1 left one at east.* drained/,
      ({ world }) => {
        world.tampering.steering = (text, url) => reordered(text, url, (all, current) => [current, ...all])
      },
      { ...planOf({ kind: 'drained', other: 0.4, forMs: 60_000 }), setting: { ...onWorkers, hlsShare: 0.7 } },
    ],
    [
      'isolates that read no news',
      /a listener waits for a snapshot|no redirect to a server that is out|nobody is refused/,
      ({ world }) => {
        world.tampering.news = emptied
      },
      { ...planOf({ kind: 'crowd', size: 0.5 }), setting: onWorkers },
    ],
    [
      'an edge that overlooks that a polled server is full',
      /no redirect to a server that is out.* to old: it is full/,
      ({ world }) => {
        world.tampering.stats = (text) => text.replaceAll(/"listeners":\d+/g, '"listeners":0')
      },
      { ...planOf({ kind: 'crowd', size: 0.9 }), setting: withStock },
    ],
    [
      'an edge that overlooks whom a polled server serves',
      /no redirect to a server that is out.* to old: it does not serve/,
      ({ world }) => {
        world.tampering.named = (body) => body.replace(/,"countries":"DE"/, '')
      },
      { ...planOf(), setting: withStock },
    ],
    [
      'an edge that takes a polled slave for a master',
      /no redirect to a server that is out.* to old: no live master carries/,
      ({ world }) => {
        world.tampering.named = (body) => body.replace('{', '{"role":"master",')
      },
      { ...planOf(), setting: withStock },
    ],
    [
      'a decider that names a drained server to a session',
      /no session is steered to a server that is out.* east .*drained/,
      ({ world }) => {
        world.tampering.steering = (text, url) => reordered(text, url, (priority) => [...priority, 'east'])
      },
      { ...planOf({ kind: 'drained', other: 0.4, forMs: 60_000 }), setting: byHls },
    ],
    [
      'a decider that leaves a session at a drained server',
      /a session leaves a server that is out.* drained/,
      ({ world }) => {
        world.tampering.steering = (text, url) => reordered(text, url, (all, current) => [current, ...all])
      },
      { ...planOf({ kind: 'drained', other: 0.4, forMs: 60_000 }), setting: byHls },
    ],
    [
      'a decider that refuses sessions while servers have room',
      /no session is refused while a known server has room/,
      reports((text) => text.replace(/max-listeners: \d+/, 'max-listeners: 0')),
      { ...planOf(), setting: byHls },
    ],
    [
      'a server that does not notice that sessions have left',
      [/counts are right to the listener/, /memory is bounded by what is live.* sessions/],
      () => void Object.assign(hlsLimits, { sessionTargets: 60 }),
      { ...briefPlan({ kind: 'exodus', atMs: 20_500, size: 0.9 }), setting: byHls },
    ],
    [
      'a server that loses a frame',
      /listeners hear whole frames, in order.* frame \d+ after \d+, and its mount was fed \d times/,
      ({ world }) => {
        world.tampering.heard = (bytes) => (bytes.length > 144 ? bytes.subarray(72) : bytes)
      },
      planOf(),
    ],
    [
      'a server that sends frames again',
      /listeners hear whole frames, in order.* frame \d+ after \d+$/,
      ({ world }) => {
        world.tampering.heard = (bytes) => Buffer.concat([bytes, bytes])
      },
      planOf(),
    ],
    [
      'an edge that keeps an icecast-kh in that registered, though no master is left',
      /no redirect to a server that is out.* to kh: no live master carries/,
      reports(asIfOnAir()),
      { ...planOf({ kind: 'encoder stops', forMs: 60_000 }), setting: withKh },
    ],
    [
      'an edge that overlooks that a polled icecast-kh is full',
      /no redirect to a server that is out.* to old: it is full/,
      ({ world }) => {
        world.tampering.stats = (text) => text.replaceAll(/<listeners>\d+/g, '<listeners>0')
      },
      { ...planOf({ kind: 'crowd', size: 0.9 }), setting: withKh },
    ],
    [
      'an edge that does not look where listeners are',
      /a listener is not sent past a near server with room/,
      reports((text) => text.replace(/^location: .*\n/m, '')),
      { ...planOf(), setting: located },
    ],
    [
      'a session that is told to ask much later',
      /a session leaves a drained server in time/,
      ({ world }) => {
        world.tampering.steering = (text) => text.replace(/"TTL":\d+/, '"TTL":300')
      },
      {
        ...planOf({ kind: 'drained', other: 0.4, forMs: 60_000 }),
        healMs: 60_000,
        setting: { ...byHls, joinsPerSecond: 1 },
      },
    ],
    [
      'an edge that carries, and passes on other bytes than a master has made',
      /a server passes on what a master has made.*edge-1/,
      ({ world }) => {
        world.tampering.object = (path, bytes) =>
          path.endsWith('.mp3') ? bytes.map((byte) => byte ^ 1) : bytes
      },
      { ...planOf(), setting: carrying },
    ],
    [
      'an edge that carries, and keeps nothing',
      /an object is fetched once.*edge-1/,
      () => void Object.assign(hlsLimits, { cacheBytesMax: 0 }),
      { ...planOf(), setting: carrying },
    ],
    [
      'an edge that carries, and keeps a playlist for too long',
      /no playlist is older than a target duration.*edge-1/,
      ({ world }) => {
        // the mirror compares with what was sent, so only the age differs
        world.tampering.object = (path, bytes) => (path.endsWith('.m3u8') ? endless(bytes) : bytes)
      },
      { ...planOf(), setting: carrying },
    ],
    [
      'an edge that shows its password to a slave',
      /an edge shows its password to masters .*edge-1 asked (?:east|west)/,
      reports((text) => text.replace('role: slave', 'role: master')),
      { ...planOf(), setting: carrying },
    ],
    [
      'an edge that carries for everybody, and names a server first',
      /an edge carries a session where it should.*it named (?:north|east|west)/,
      ({ world }) => {
        world.tampering.steering = (text, url) => reordered(text, url, ([, ...others]) => others)
      },
      { ...planOf(), setting: carrying },
    ],
    [
      'an edge that carries the overflow while servers have room',
      /an edge carries a session where it should.*it named itself, and .* had room/,
      ({ world }) => {
        world.tampering.steering = (text, url) => reordered(text, url, (all) => ['edge', ...all])
      },
      { ...planOf(), setting: overflow },
    ],
    [
      'an edge that carries the overflow, and refuses sessions',
      /an edge carries a session where it should.*it named nobody/,
      reports((text) =>
        text.replace(/max-listeners: \d+/, 'max-listeners: 0').replace('role: master', 'role: slave'),
      ),
      { ...planOf(), setting: overflow },
    ],
    [
      'a decider that does not read the reports of an older version',
      /every server is in the draw.* east at edge-1/,
      reports((text) => (text.includes('\nboot: ') ? text : '')),
      {
        ...briefPlan(),
        setting: { ...small, origins: small.origins.map((each) => ({ ...each, version: 'older' as const })) },
      },
    ],
    [
      'a program that waits for ever more',
      /memory is bounded by what is live/,
      late(23_000, ({ slaves }) => {
        for (let i = 0; i < 1000; i++) slaves[0]?.origin?.process.after(1e9, () => {})
      }),
      briefPlan(),
    ],
  ])('%s', async (_, rules, mutate, plan) => {
    const { violations } = await play(plan, mutate)
    const told = violations.map(({ rule, detail }) => `${rule}: ${detail}`)
    for (const rule of [rules].flat())
      expect(
        told.find((line) => rule.test(line)),
        told.join('\n'),
      ).toBeDefined()
  })
})
