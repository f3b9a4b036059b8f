import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { mountHeaders } from '../../../shared/draw/redirect.ts'
import { eventually } from '../../kit/base/eventually.ts'
import { freePort } from '../../kit/process/ports.ts'
import { type Program, start } from '../../kit/process/process.ts'
import type { BenchRuntime } from './plan.ts'
import type { Target } from './wrk.ts'

/** The target of every redirect of the controls, which do not choose. */
const location = 'http://relay1.example.org:8000'

/** A program under load that can be stopped. */
export interface Running extends Target {
  stop(): Promise<void>
}

/** nginx with one worker that answers every request with the edge's 302; it adds a body of 145 bytes. */
export function startNginx(): Promise<Running> {
  const headers = Object.entries(mountHeaders).map(([name, value]) => `add_header ${name} "${value}" always;`)
  return startControl('nginx', (port, folder) => [
    `daemon off; worker_processes 1; pid ${folder}/pid; error_log ${folder}/error.log crit;
     events { worker_connections 1024; }
     http {
       access_log off; keepalive_requests 1000000000; server_tokens off;
       client_body_temp_path ${folder}; proxy_temp_path ${folder}; fastcgi_temp_path ${folder};
       uwsgi_temp_path ${folder}; scgi_temp_path ${folder};
       server { listen 127.0.0.1:${port}; ${headers.join(' ')} return 302 "${location}$request_uri"; }
     }`,
    (file) => ['-c', file, '-p', folder, '-e', `${folder}/error.log`],
  ])
}

/** A program on Bun that only reads and writes: on a socket, as an edge does, or by its HTTP server. */
export async function startBareBun(how: 'socket' | 'serve'): Promise<Running> {
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const program = start('bun', ['test/tools/bench/bare-redirect.ts', how, String(port), location])
  await answering(program, `${url}/live.mp3`)
  return { url, group: program.pid, stop: () => program.stop() }
}

/** An empty Hono app, as a program of its own on a runtime. */
export async function startBareHono(runtime: BenchRuntime): Promise<Running> {
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const command = runtime === 'deno' ? ['run', '-A'] : []
  const program = start(runtime, [...command, 'test/tools/bench/bare-hono.ts', String(port), location])
  await answering(program, `${url}/live.mp3`)
  return { url, group: program.pid, stop: () => program.stop() }
}

/** haproxy with one thread that answers every request with the edge's 302. */
export function startHaproxy(): Promise<Running> {
  const headers = Object.entries(mountHeaders).map(
    ([name, value]) => `  http-after-response set-header ${name} "${value}"`,
  )
  return startControl('haproxy', (port) => [
    [
      'global',
      '  nbthread 1',
      'defaults',
      '  mode http',
      '  timeout client 30s',
      '  timeout connect 5s',
      '  timeout server 30s',
      'frontend bench',
      `  bind 127.0.0.1:${port}`,
      ...headers,
      `  http-request redirect code 302 location ${location}%[pathq]`,
      '',
    ].join('\n'),
    (file) => ['-f', file],
  ])
}

async function startControl(
  command: string,
  configure: (port: number, folder: string) => [config: string, args: (file: string) => string[]],
): Promise<Running> {
  const port = await freePort()
  const folder = mkdtempSync(join(tmpdir(), `${command}-`))
  const [config, args] = configure(port, folder)
  const file = join(folder, 'config')
  writeFileSync(file, config)
  const program = start(command, args(file))
  const url = `http://127.0.0.1:${port}`
  await answering(program, `${url}/live.mp3`)
  return { url, group: program.pid, stop: () => program.stop() }
}

async function answering(program: Program, url: string): Promise<void> {
  try {
    await eventually(async () => (await fetch(url, { redirect: 'manual' })).status === 302)
  } catch (problem) {
    await program.stop()
    throw new Error(`no 302 from ${url}:\n${program.output()}`, { cause: problem })
  }
}
