import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'esbuild'
import { repo } from './process.ts'

/**
 * Prepares a worker with the cluster's objects for workerd itself, without wrangler around it: a process that can be killed and stopped,
 * whose objects are on disk, in this folder.
 * @param entry the worker's module, below the repository
 * @param address that it listens on, `127.0.0.1:8000`
 * @returns the file of its configuration, for `workerd serve`
 */
export async function workerdConfig(
  folder: string,
  entry: string,
  address: string,
  vars: Readonly<Record<string, string>>,
): Promise<string> {
  mkdirSync(join(folder, 'objects'), { recursive: true })
  await build({
    entryPoints: [join(repo, entry)],
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
  sockets = [(name = "http", address = "${address}", http = (), service = "main")],
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
