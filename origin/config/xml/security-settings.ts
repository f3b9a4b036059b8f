import { boolean, text } from '../values.ts'
import { childrenOf, readBlock, type Warn } from './block.ts'
import type { Element } from './element.ts'

/** Whom the program becomes once it listens, where it was started by root (`<security><changeowner>`). */
export interface OwnerSettings {
  readonly user: string | undefined
  readonly group: string | undefined
}

/** The elements of `<security>`, beside the owner. */
export const securityElements = { chroot: boolean } as const
/** The elements of `<changeowner>`. */
export const ownerElements = { user: text, group: text } as const

/** Reads `<security>`. Neither runtime can change its root; who asks for it is told. */
export function readSecurity(elements: readonly Element[], warn: Warn): OwnerSettings | undefined {
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
