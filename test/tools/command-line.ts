import process from 'node:process'
import { messageOf } from '../../shared/message-of.ts'

/** Reads the arguments of a tool. With `--help` it prints the usage, and with arguments that cannot be read it says why, and ends the program. */
export function readArguments<T>(usage: string, read: (args: readonly string[]) => T): T {
  const args = process.argv.slice(2)
  if (args.includes('--help')) {
    console.log(usage)
    process.exit(0)
  }
  try {
    return read(args)
  } catch (error) {
    console.error(`${messageOf(error)}\n\n${usage}`)
    process.exit(2)
  }
}
