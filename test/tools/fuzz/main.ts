import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { parseArgs } from 'node:util'
import { messageOf } from '../../../shared/message-of.ts'
import { repo } from '../../kit/process/process.ts'
import { targetNamed, targets } from './targets.ts'
import { watched } from './watch.ts'
import type { Outcome } from './worker.ts'

const usage = `npm run fuzz -- NAME… --minutes N   reads mutated inputs, and checks what has to hold; all: each target in turn

  --minutes N     of the processor, for each target (1)
  --seed N        of the mutations (the time of day)
  --replay FILE   checks this input alone
  --keep FOLDER   writes the inputs that reached new code into a folder

Targets:
${targets.map(({ name, about }) => `  ${name.padEnd(15)} ${about}`).join('\n')}`

/** Where inputs that fail are saved; git ignores it. */
const findings = join(repo, 'dist/fuzz')

const shortName = (input: Uint8Array) => createHash('sha256').update(input).digest('hex').slice(0, 12)

function save(folder: string, input: Uint8Array): string {
  mkdirSync(folder, { recursive: true })
  const file = join(folder, shortName(input))
  writeFileSync(file, input)
  return relative(process.cwd(), file)
}

/** Tells what was found. Returns whether nothing was. */
function tell(name: string, { checked, usedMs, joined, finding }: Outcome): boolean {
  const how = `${checked} inputs in ${(usedMs / 60_000).toFixed(1)} min`
  if (!finding) {
    console.log(`${name}: ${how}, all holds; ${joined.length} reached new code`)
    return true
  }
  const shown = Buffer.from(finding.input.subarray(0, 300)).toString('latin1')
  console.log(`${name}: after ${how}, this one of ${finding.input.length} bytes fails:`)
  console.log(`  ${JSON.stringify(shown)}\n${finding.text}`)
  const file = save(join(findings, name), finding.input)
  console.log(`again: npm run fuzz -- ${name} --replay ${file}`)
  return false
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      minutes: { type: 'string', default: '1' },
      seed: { type: 'string', default: String(Date.now() % 1_000_000) },
      replay: { type: 'string' },
      keep: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help || positionals.length === 0) return console.log(usage)
  const names = positionals.includes('all') ? targets.map(({ name }) => name) : positionals
  for (const name of names) targetNamed(name)
  const [minutes, seed] = [Number(values.minutes), Number(values.seed)]
  if (!(minutes > 0) || !Number.isInteger(seed))
    throw new Error(`--minutes is "${values.minutes}" and --seed is "${values.seed}", expected numbers`)
  const input = values.replay === undefined ? undefined : Uint8Array.from(readFileSync(values.replay))
  if (!input) console.log(`seed ${seed}`)
  for (const name of names) {
    const outcome = await watched({ name, seed, ms: minutes * 60_000, input })
    if (!tell(name, outcome)) process.exitCode = 1
    if (values.keep !== undefined) for (const each of outcome.joined) save(join(values.keep, name), each)
  }
}

try {
  await main()
} catch (error) {
  console.error(messageOf(error))
  process.exitCode = 2
}
