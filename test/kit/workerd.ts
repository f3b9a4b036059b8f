import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'esbuild'
import { repo } from '../../kit/process.ts'

/**
 * The worker for workerd itself, without wrangler around it: a process that can be killed and stopped, whose objects are on disk.
 * @returns the file of its configuration
 */
export async function workerdConfig(
  folder: string,
  { host, bindPort }: { host: string; bindPort: number },
  vars: Readonly<Record<string, string>>,
): Promise<string> {
  mkdirSync(join(folder, 'objects'), { recursive: true })
  await build({
    entryPoints: [join(repo, 'edge/worker.ts')],
    bundle: true,
    format: 'esm',
    external: ['cloudflare:*', 'node:*'],
    conditions: ['workerd', 'worker', 'browser'],
    outfile: join(folder, 'worker.mjs'),
    logLevel: 'error',
  })
  const bindings = Object.entries(vars).map(
    ([name, value]) => `(name = ${JSON.stringify(name)}, text = ${JSON.stringify(value)})`,
  )
  const file = join(folder, 'workerd.capnp')
  writeFileSync(
    file,
    `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = .main),
    (name = "disk", disk = (path = ${JSON.stringify(join(folder, 'objects'))}, writable = true)),
    (name = "internet", network = (allow = ["public", "private"])),
  ],
  sockets = [(name = "http", address = "${host}:${bindPort}", http = (), service = "main")],
);
const main :Workerd.Worker = (
  modules = [(name = "worker.mjs", esModule = embed "worker.mjs")],
  compatibilityDate = "2026-10-20",
  bindings = [
    (name = "CLUSTER", durableObjectNamespace = "ClusterObject"),
    (name = "REPORTS", durableObjectNamespace = "ReportsObject"),
    ${bindings.join(',\n    ')},
  ],
  durableObjectNamespaces = [
    (className = "ClusterObject", uniqueKey = "cluster", enableSql = true),
    (className = "ReportsObject", uniqueKey = "reports", enableSql = true),
  ],
  durableObjectStorage = (localDisk = "disk"),
);
`,
  )
  return file
}
