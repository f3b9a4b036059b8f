import { eventually } from '../../kit/base/eventually.ts'
import { serversAt } from '../../kit/cluster/cluster.ts'
import type { Cluster } from './cluster.ts'
import type { Member } from './member.ts'

/**
 * Starts a program that may rightly refuse to start. Returns what it said, where it exited with 1 and without a stack trace,
 * and undefined where it runs.
 */
export async function startOrRefuse(member: Member): Promise<string | undefined> {
  const program = member.begin('may refuse')
  let code: number | null | undefined
  program.exited.then((exit) => {
    code = exit.code
  })
  // 503 is an answer too: it runs, and says that its store does not
  await eventually(async () => code !== undefined || (await fetch(member.url + member.plan.path)).status > 0)
  if (code === undefined) {
    member.isBack()
    return undefined
  }
  if (code !== 1 || /^\s+at /m.test(program.output()))
    member.faults.push(`${member.name} refused to start with code ${code}: ${program.output().slice(-1000)}`)
  member.runs.pop() // what it said is judged by who asked
  return program.output()
}

/** Every server is in the draw of the edge, and fifty listeners in a row are redirected. */
export async function redirects(cluster: Cluster): Promise<void> {
  const { edge, origins } = cluster
  const known = await serversAt(edge)
  for (const { url, name } of origins) {
    const server = known.find(({ urls }) => urls.includes(url))
    if (server?.out !== null)
      cluster.faults.push(`${name} is out: ${server ? server.out : 'not known to the edge'}`)
  }
  for (let i = 0; i < 50; i++) {
    const { status } = await fetch(`${edge.url}/live.mp3`, { method: 'HEAD', redirect: 'manual' })
    if (status === 302) continue
    cluster.faults.push(`the edge answered ${status} to a listener`)
    return
  }
}
