import { setTimeout as wait } from 'node:timers/promises'
import type { Listen } from '../listening.ts'

/** What is used of Bun's server; typed here, so that its global types stay out of ours. */
interface BunServer {
  port: number
  requestIP(request: Request): { address: string } | null
  stop(now?: boolean): Promise<void>
}
interface BunLike {
  serve(options: {
    hostname: string
    port: number
    fetch: (request: Request, server: BunServer) => Response | Promise<Response>
  }): BunServer
}
declare const Bun: BunLike

export const listen: Listen = async (host, port, answer) => {
  const server = Bun.serve({
    hostname: host,
    port,
    fetch: (request, bun) => answer(request, () => bun.requestIP(request)?.address),
  })
  return {
    port: server.port,
    async close(graceMs) {
      await Promise.race([server.stop(), wait(graceMs)])
      await Promise.race([server.stop(true), wait(0)])
    },
  }
}
