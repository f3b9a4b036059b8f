import type { Begin } from './fault.ts'
import { lineFaults } from './lines.ts'
import { machineFaults } from './machines.ts'
import { peoplesFaults } from './people.ts'

/** Every kind of fault, by its name. */
export const beginnings: Readonly<Record<string, Begin>> = {
  ...lineFaults,
  ...machineFaults,
  ...peoplesFaults,
}
