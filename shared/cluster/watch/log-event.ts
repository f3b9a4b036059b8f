import { getLogger } from '@logtape/logtape'
import type { ClusterEvent, EventKind } from './event.ts'

const logger = getLogger(['distributary', 'cluster'])

/** The log line of each kind. A warning is a change that an operator may have to do something about. */
export const logLines: Record<EventKind, readonly ['debug' | 'info' | 'warning', string] | undefined> = {
  'server new': ['info', 'server joined'],
  'server stale': ['warning', 'server stale'],
  'server leaving': ['info', 'server leaving'],
  'server back': ['info', 'server back'],
  'server forgotten': ['info', 'server forgotten'],
  'server drained': ['info', 'server drained'],
  'server undrained': ['info', 'server undrained'],
  'server full': ['info', 'server full'],
  'server has room': ['info', 'server has room'],
  'server unreachable': ['warning', 'server unreachable'],
  'server reachable': ['info', 'server reachable'],
  'server id taken over': ['warning', 'server id taken over from a live boot'],
  'server id taken back': ['warning', 'server id taken back by a former boot'],
  'server id in use twice': ['warning', 'server id in use twice'],
  'no reports': ['warning', 'no server reports: servers get listeners by their last reports'],
  'no reports for too long': ['warning', 'no server reports: servers are stale'],
  'reports again': ['info', 'servers report again'],
  'mount up': ['info', 'mount up'],
  'mount lost': ['warning', 'mount lost'],
  'mount has no master': ['warning', 'mount has no master'],
  'mount has a master': ['info', 'mount has a master'],
  'source changed': ['info', 'source changed'],
  'title changed': ['debug', 'title changed'],
  'wrong login': undefined, // the place that checks it logs more about it
}

/** Logs an event. @param more fields for the log alone */
export function logEvent({ kind, at: _, ...fields }: ClusterEvent, more: Record<string, unknown> = {}): void {
  const line = logLines[kind]
  if (!line) return
  const [level, text] = line
  if (level === 'warning') logger.warning(text, { ...fields, ...more })
  else if (level === 'info') logger.info(text, { ...fields, ...more })
  else logger.debug(text, { ...fields, ...more })
}
