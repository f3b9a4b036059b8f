import { only, statsTree } from '../stats/tree.ts'
import { Refused } from './answers.ts'
import type { AdminCall } from './call.ts'
import { type Element, root, sourceElement, statsElements } from './xml.ts'

/** `stats`: the server and all its mounts, hidden ones too; with the parameter `mount` the server and that one. */
export function stats(call: AdminCall): Element {
  const { server, mounts } = statsTree(call)
  const shown = call.params.has('mount') ? only(mounts, call.mount) : mounts
  if (call.params.has('mount') && shown.size === 0) throw new Refused('Source does not exist')
  return root(
    ...statsElements(server),
    ...[...shown].map(([name, told]) => sourceElement(name, statsElements(told))),
  )
}
