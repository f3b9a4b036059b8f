import { readFileSync } from 'node:fs'
import { messageOf } from '../../shared/message-of.ts'
import { adviceOn } from './advice.ts'
import { createConfig, type OriginConfig, type SettingSources } from './config.ts'
import { doubtsOf } from './doubts.ts'
import { ConfigError } from './error.ts'
import { type CommandLine, parseEnvironment } from './flags.ts'
import { decodeXml } from './xml/encoding.ts'
import { parseIcecastXml } from './xml/icecast-xml.ts'

export interface ReadConfig {
  sources: SettingSources
  config: OriginConfig
  /** settings of the file that do not take effect as written */
  warnings: string[]
  /** other advice for the operator */
  advice: string[]
}

/**
 * Reads all settings, of the file too.
 * @param boundPort as in {@link createConfig}
 * @throws ConfigError
 */
export function readConfig(
  { configFile, settings: flags }: Pick<CommandLine, 'configFile' | 'settings'>,
  env: Readonly<Record<string, string | undefined>>,
  boundPort?: number,
): ReadConfig {
  const environment = parseEnvironment(env)
  const file = configFile === undefined ? undefined : readFile(configFile)
  const sources = { flags, environment, file }
  const warnings = [...(file?.warnings ?? [])]
  const config = createConfig(sources, boundPort, (text) => warnings.push(text))
  const advice = [...adviceOn(sources, config), ...doubtsOf(config, env)]
  return { sources, config, warnings, advice }
}

function readFile(path: string): ReturnType<typeof parseIcecastXml> {
  let bytes: Buffer
  try {
    bytes = readFileSync(path)
  } catch (error) {
    throw new ConfigError(`cannot read --config ${JSON.stringify(path)}: ${messageOf(error)}`)
  }
  try {
    return parseIcecastXml(decodeXml(bytes))
  } catch (error) {
    throw new ConfigError(`${path}: ${messageOf(error)}`)
  }
}
