import { boolean, text } from '../values.ts'
import { childrenOf, readBlock, type Warn } from './block.ts'
import type { XmlElement } from './element.ts'

/** User and group that a program started by root changes to once its ports are bound (`<security><changeowner>`). */
export interface OwnerSettings {
  readonly user: string | undefined
  readonly group: string | undefined
}

/** The elements of `<security>`, except the owner. */
export const securityElements = { chroot: boolean } as const
/** The elements of `<changeowner>`. */
export const ownerElements = { user: text, group: text } as const

/** Reads `<security>`. No runtime can change its root directory, so `<chroot>` gets a warning. */
export function readSecurity(elements: readonly XmlElement[], warn: Warn): OwnerSettings | undefined {
  let owner: OwnerSettings | undefined
  for (const element of elements) {
    const told = readBlock(element, securityElements, warn, {
      blocks: ['changeowner'],
      unused: ['tls-context'],
    })
    if (told.chroot) warn(`line ${element.line}: <security><chroot> has no effect here`)
    for (const inner of childrenOf(element, 'changeowner')) {
      const { user, group } = readBlock(inner, ownerElements, warn)
      if (user !== undefined || group !== undefined) owner = { user, group }
    }
  }
  return owner
}
