import { setTimeout as wait } from 'node:timers/promises'
import type { Listen } from '../listening.ts'

/** What is used of Deno's server; typed here, so that its global types stay out of ours. */
interface DenoServer {
  addr: { port: number }
  shutdown(): Promise<void>
}
interface DenoLike {
  serve(
    options: { hostname: string; port: number; onListen: () => void },
    fetch: (request: Request, info: { remoteAddr: { hostname: string } }) => Response | Promise<Response>,
  ): DenoServer
}
declare const Deno: DenoLike

export const listen: Listen = async (host, port, answer) => {
  const server = Deno.serve({ hostname: host, port, onListen() {} }, (request, info) =>
    answer(request, () => info.remoteAddr.hostname),
  )
  return {
    port: server.addr.port,
    close: (graceMs) => Promise.race([server.shutdown(), wait(graceMs)]),
  }
}
