import { eventually } from '../../kit/base/eventually.ts'
import { compare, type Scene } from '../../kit/cluster/scene.ts'
import { connectRaw } from '../../kit/wire/raw.ts'

/** connections that the server may have */
const clients = 12

const scenes: Scene[] = [
  {
    name: 'as many idle connections as clients are allowed, and then an admin',
    async play(stage) {
      await stage.source('/live', 'live')
      const idle = Array.from({ length: clients }, () => connectRaw(stage.server.port))
      stage.onCurtain(() => {
        for (const { socket } of idle) socket.destroy()
      })
      await eventually(() => idle.every(({ socket }) => !socket.connecting))
      return { admin: (await stage.admin('/admin/stats')).status }
    },
    seen: { admin: 403 },
    later: { why: 'idle connections are not counted', seen: { admin: 200 } },
    ours: {
      why: 'idle connections use up no other client’s slot (docs/icecast.md#connections)',
      seen: { admin: 200 },
    },
  },
]

compare('a crowded server', scenes, { limits: `<clients>${clients}</clients>` })
