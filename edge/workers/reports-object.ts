import { DurableObject } from 'cloudflare:workers'
import type { Post } from '../../shared/api/accept.ts'
import { parseConfig } from '../config.ts'
import { edgeLimits } from '../limits.ts'
import type { AcceptedReport, SentReport } from './exchange.ts'
import { Gathering } from './gathering.ts'
import { clusterObjectOf } from './objects.ts'

/**
 * Passes reports on to the object of the cluster, several in one call: the call and the write to the store cost that object
 * more than the reports. It keeps nothing: a report is answered once the cluster has stored it.
 */
export class ReportsObject extends DurableObject<Env> {
  #gathering: Gathering<SentReport, AcceptedReport>

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env)
    const { locationHint } = parseConfig({ ...env })
    this.#gathering = new Gathering(
      (reports) => clusterObjectOf(env, locationHint).acceptAll(reports),
      (ms) => scheduler.wait(ms),
      edgeLimits.gathered,
    )
  }

  accept(post: Post, epoch: string | undefined): Promise<AcceptedReport> {
    return this.#gathering.add({ post, epoch }, post.sourcelist.length)
  }
}
