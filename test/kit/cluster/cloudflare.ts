import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** What was deployed of a Worker, as wrangler sent it. */
export interface Deployed {
  /** bindings, migrations, observability and so on: the part named `metadata` */
  metadata: Metadata
  /** the module that is its entry */
  script: string
}

export interface Metadata {
  main_module: string
  compatibility_date: string
  bindings: readonly { name: string; type: string; text?: string; class_name?: string }[]
  keep_bindings?: readonly string[]
  migrations?: unknown
  observability?: unknown
}

/** A stand-in of those routes of Cloudflare's API that wrangler asks for to deploy one Worker of one account. */
export interface Cloudflare {
  /** environment for wrangler: where the API is, and a token in place of a login */
  readonly env: Record<string, string>
  readonly deployed: readonly Deployed[]
  readonly secrets: ReadonlyMap<string, string>
  /** requests that it has no answer for: wrangler's next version may ask for more */
  readonly unknown: readonly string[]
  close(): Promise<void>
}

const account = 'radio-account'

/** What each route answers as its `result`; undefined: there is no such thing (yet). */
type Routes = Record<string, (request: IncomingMessage) => unknown>

export async function startCloudflare(): Promise<Cloudflare> {
  const deployed: Deployed[] = []
  const secrets = new Map<string, string>()
  const unknown: string[] = []
  const routes = routesOf(deployed, secrets)

  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url ?? '', 'http://api')
    const path = pathname.replace(`/client/v4/accounts/${account}/workers`, '')
    const what = `${request.method} ${path.replace(/^\/(scripts|services|workers)\/[^/]+/, '/$1/it')}`
    if (request.headers.authorization !== 'Bearer a-token') return answer(response, 403, undefined)
    const route = routes[what]
    if (!route) unknown.push(what)
    const result = await route?.(request)
    return answer(response, result === undefined ? 404 : 200, result)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    env: {
      CLOUDFLARE_API_BASE_URL: `http://127.0.0.1:${port}/client/v4`,
      CLOUDFLARE_API_TOKEN: 'a-token',
      // else wrangler keeps the stand-in's in a file, for the developer's own next deploy
      CLOUDFLARE_ACCOUNT_ID: account,
      WRANGLER_SEND_METRICS: 'false',
    },
    deployed,
    secrets,
    unknown,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  }
}

function routesOf(deployed: Deployed[], secrets: Map<string, string>): Routes {
  const ifThere = (result: () => unknown) => () => (deployed.length > 0 ? result() : undefined)
  const addresses = { enabled: true, previews_enabled: false }
  const service = {
    default_environment: { environment: 'production', script: { last_deployed_from: 'wrangler', tag: 'it' } },
  }
  return {
    'GET /subdomain': () => ({ subdomain: 'radio' }),
    'GET /services/it': ifThere(() => service),
    'GET /workers/it': ifThere(() => ({ id: 'it', subdomain: addresses })),
    'GET /scripts/it/secrets': ifThere(() =>
      [...secrets.keys()].map((name) => ({ name, type: 'secret_text' })),
    ),
    'GET /scripts/it/deployments': ifThere(() => ({ deployments: [] })),
    'GET /scripts/it/settings': ifThere(() => deployed.at(-1)?.metadata),
    'GET /scripts/it/subdomain': ifThere(() => addresses),
    'POST /scripts/it/subdomain': ifThere(() => addresses),
    async 'PUT /scripts/it'(request) {
      deployed.push(await deployedOf(request))
      return { id: 'it', tag: 'it', etag: 'etag', startup_time_ms: 1, deployment_id: 'deployment' }
    },
    async 'PUT /scripts/it/secrets'(request) {
      const { name, text } = JSON.parse(`${await bytesOf(request)}`) as { name: string; text: string }
      if (deployed.length === 0) return undefined
      secrets.set(name, text)
      return { name, type: 'secret_text' }
    },
  }
}

/** Cloudflare's code for a Worker that is not there */
const noSuchWorker = 10_007

function answer(response: ServerResponse, status: number, result: unknown): void {
  const isGood = status === 200
  const errors = isGood
    ? []
    : [{ code: noSuchWorker, message: 'This Worker does not exist on your account.' }]
  const pages = { page: 1, per_page: 50, count: 1, total_count: 1, total_pages: 1 }
  const body = { success: isGood, errors, messages: [], result: result ?? null, result_info: pages }
  response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body))
}

async function bytesOf(request: IncomingMessage): Promise<Buffer<ArrayBuffer>> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk)
  return Buffer.concat(chunks)
}

async function deployedOf(request: IncomingMessage): Promise<Deployed> {
  const headers = { 'Content-Type': request.headers['content-type'] ?? '' }
  const form = await new Response(await bytesOf(request), { headers }).formData()
  const text = async (part: unknown) => (part instanceof Blob ? part.text() : String(part))
  const metadata = JSON.parse(await text(form.get('metadata'))) as Metadata
  return { metadata, script: await text(form.get(metadata.main_module)) }
}
