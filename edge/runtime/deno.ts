import { setTimeout as wait } from 'node:timers/promises'
import { isHost } from '../facts.ts'
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

/** Deno puts whatever the Host header says before the path, a path of its own included. */
function withoutBadHost(request: Request): Request {
  const host = request.headers.get('host')
  if (host === null || isHost(host)) return request
  const before = `http://${host}`
  if (!request.url.startsWith(before)) return request
  return new Request(`http://localhost${request.url.slice(before.length)}`, request)
}

export const listen: Listen = async (host, port, { answer }) => {
  const server = Deno.serve({ hostname: host, port, onListen() {} }, (request, info) =>
    answer(withoutBadHost(request), () => info.remoteAddr.hostname),
  )
  return {
    port: server.addr.port,
    close: (graceMs) => Promise.race([server.shutdown(), wait(graceMs)]),
  }
}
