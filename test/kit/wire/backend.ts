import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { eventually } from '../base/eventually.ts'

/** What a server posted to the backend of its URL authentication. */
export interface Post {
  path: string
  body: string
  headers: IncomingHttpHeaders
}

/** A backend's reply; no answer at all where it is undefined. */
export interface BackendAnswer {
  status?: number
  reason?: string
  headers?: Record<string, string>
}

/** A backend of URL authentication under test: it lets everybody in until told otherwise. */
export interface Backend {
  readonly url: string
  readonly posts: readonly Post[]
  /** the bodies of an action, as they came */
  bodies(action: string): string[]
  /** Waits until so many posts of an action have come; resolves with their bodies. */
  heard(action: string, count?: number): Promise<string[]>
  answer: (post: Post) => BackendAnswer | undefined
  close(): void
}

export const letIn: BackendAnswer = { headers: { 'icecast-auth-user': '1' } }

/** Starts a backend on a free port of 127.0.0.1. */
export async function startBackend(): Promise<Backend> {
  const posts: Post[] = []
  const server = createServer((request, response) => {
    let body = ''
    request.setEncoding('utf8').on('data', (text: string) => {
      body += text
    })
    request.on('end', () => {
      const post = { path: request.url ?? '', body, headers: request.headers }
      posts.push(post)
      const answer = backend.answer(post)
      if (!answer) return
      const { status = 200, reason = 'OK', headers } = answer
      response.writeHead(status, reason, headers).end()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const backend: Backend = {
    url: `http://127.0.0.1:${port}`,
    posts,
    bodies: (action) => posts.map(({ body }) => body).filter((body) => body.startsWith(`action=${action}&`)),
    async heard(action, count = 1) {
      await eventually(() => backend.bodies(action).length >= count)
      return backend.bodies(action)
    },
    answer: () => letIn,
    close() {
      server.close()
      server.closeAllConnections()
    },
  }
  return backend
}
