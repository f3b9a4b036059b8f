import { namedMounts } from '../http/params.ts'
import { servedMounts, statsTree } from '../stats/tree.ts'
import { Refused } from '../web/answers.ts'
import { type Element, root, sourceElement, statsElements } from '../web/xml.ts'
import type { AdminCall } from './call.ts'

/** `stats`: the server and all its mounts, hidden ones too; with the parameter `mount` the server and that one. */
export function stats(call: AdminCall): Element {
  const isOne = call.params.has('mount')
  const { server, mounts } = statsTree(call, isOne ? namedMounts(call.params) : servedMounts(call))
  if (isOne && mounts.size === 0) throw new Refused('Source does not exist')
  return root(
    ...statsElements(server),
    ...[...mounts].map(([name, told]) => sourceElement(name, statsElements(told))),
  )
}
