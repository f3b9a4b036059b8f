import type { ClusterServerJson } from '../../shared/api/cluster-json.ts'

export const isDrained = ({ out }: ClusterServerJson) => out === 'drained'

/** How a server's state is coloured: in the draw, out as somebody wants, or out against it. */
export function stateClass({ out }: ClusterServerJson): 'good' | 'warn' | 'bad' {
  if (out === null) return 'good'
  return out === 'stale' || out === 'unreachable' || out === 'no mounts' ? 'bad' : 'warn'
}
