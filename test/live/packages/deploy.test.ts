import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { basic } from '../../kit/audio/source.ts'
import { eventually } from '../../kit/base/eventually.ts'
import { type Cloudflare, startCloudflare } from '../../kit/cluster/cloudflare.ts'
import { testFolder } from '../../kit/process/files.ts'
import { freePort } from '../../kit/process/ports.ts'
import { repo, start } from '../../kit/process/process.ts'
import { secrets } from '../../kit/process/runtimes.ts'

const given: Record<string, string> = { RELAY_PASSWORD: secrets.relay, ADMIN_PASSWORD: secrets.admin }

/** The deploy commands of a page, in order; a token replaces the login. */
const stepsOf = (page: string) =>
  [
    ...readFileSync(join(repo, page), 'utf8').matchAll(/^npx wrangler (deploy|secret put \w+)\b[^#\n]*/gm),
  ].map(([command]) => command.trim())

/** Runs one as a person does who types the secret when asked. */
async function follow(step: string, cloudflare: Cloudflare): Promise<void> {
  const secret = given[/secret put (\w+)/.exec(step)?.[1] ?? ''] ?? ''
  const env = { ...cloudflare.env, HOME: testFolder(), SECRET: secret }
  const shell = start('sh', ['-c', `printf %s "$SECRET" | ${step}`], { env })
  onTestFinished(() => shell.stop())
  expect(await shell.exited, `${step}\n${shell.output()}`).toEqual({ code: 0, signal: null })
}

async function suiteCloudflare(): Promise<Cloudflare> {
  const cloudflare = await startCloudflare()
  onTestFinished(() => cloudflare.close())
  return cloudflare
}

describe('the first deploy to an account that has no such Worker', () => {
  test('follows the steps of docs/workers.md, and the uploaded worker runs with those secrets', async () => {
    const steps = stepsOf('docs/workers.md')
    expect(steps).toEqual([
      'npx wrangler deploy',
      'npx wrangler secret put RELAY_PASSWORD',
      'npx wrangler secret put ADMIN_PASSWORD',
    ])
    expect(stepsOf('README.md')).toEqual(steps)
    const cloudflare = await suiteCloudflare()
    for (const step of steps) await follow(step, cloudflare)
    expect(Object.fromEntries(cloudflare.secrets)).toEqual(given)

    await follow('npx wrangler deploy', cloudflare)
    expect(cloudflare.deployed).toHaveLength(2)
    const { metadata } = cloudflare.deployed.at(-1) ?? {}
    expect(metadata?.keep_bindings).toContain('secret_text')
    expect(metadata?.observability).toMatchObject({ enabled: true, logs: { head_sampling_rate: 1 } })
    expect(cloudflare.unknown).toEqual([])

    const url = await runDeployed(cloudflare)
    expect((await fetch(`${url}/healthz`)).status).toBe(200)
    const list = (password: string) =>
      fetch(`${url}/admin/streamlist.txt`, { headers: { Authorization: basic('relay', password) } })
    expect((await list(secrets.relay)).status).toBe(200)
    expect((await list('wrong')).status).toBe(401)
  })
})

/** Runs the upload with `wrangler dev`, with its secrets in .dev.vars as docs/workers.md says. */
async function runDeployed({ deployed, secrets }: Cloudflare): Promise<string> {
  const { metadata, script } = deployed.at(-1) ?? {}
  if (!metadata || !script) throw new Error('nothing was deployed')
  const folder = testFolder()
  const bound = (type: string) => metadata.bindings.filter((binding) => binding.type === type)
  const config = {
    name: 'distributary',
    main: metadata.main_module,
    no_bundle: true,
    compatibility_date: metadata.compatibility_date,
    vars: Object.fromEntries(bound('plain_text').map(({ name, text }) => [name, text])),
    durable_objects: {
      bindings: bound('durable_object_namespace').map(({ name, class_name }) => ({ name, class_name })),
    },
    migrations: [
      { tag: 'v1', new_sqlite_classes: bound('durable_object_namespace').map((each) => each.class_name) },
    ],
  }
  writeFileSync(join(folder, 'wrangler.json'), JSON.stringify(config))
  writeFileSync(join(folder, metadata.main_module), script)
  writeFileSync(join(folder, '.dev.vars'), [...secrets].map(([name, value]) => `${name}=${value}\n`).join(''))
  const port = await freePort()
  const where = ['--ip', '127.0.0.1', '--port', String(port), '--inspector-port', '0']
  const flags = ['--local', '--show-interactive-dev-session=false']
  const env = { WRANGLER_SEND_METRICS: 'false', CLOUDFLARE_CF_FETCH_ENABLED: 'false' }
  const dev = start('wrangler', ['dev', ...flags, ...where], { cwd: folder, env })
  onTestFinished(() => dev.stop())
  const url = `http://127.0.0.1:${port}`
  await eventually(async () => (await fetch(`${url}/healthz`)).status > 0).catch((problem: unknown) => {
    throw new Error(dev.output(), { cause: problem })
  })
  return url
}
