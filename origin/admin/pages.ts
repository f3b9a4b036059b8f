import { printMount } from '../../shared/mount.ts'
import { serverAgent } from '../../shared/version.ts'
import type { OriginConfig } from '../config/config.ts'
import type { ActiveMount } from '../mount/mount.ts'
import { publicStats } from './stats.ts'
import { escapeMarkup } from './xml.ts'

/** `/status.xsl`: the mounts of this server, for people. */
export function statusPage(config: OriginConfig, mounts: readonly ActiveMount[]): string {
  const rows = mounts.map((mount) => mountRow(mount, config)).join('\n')
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escapeMarkup(config.hostname)}</title></head>
<body><h1>${escapeMarkup(config.hostname)}</h1>
${mounts.length === 0 ? '<p>No stream is playing.</p>' : `<table>\n<tr><th>Stream</th><th>Name</th><th>Playing</th><th>Listeners</th><th>Type</th></tr>\n${rows}\n</table>`}
<p>${escapeMarkup(serverAgent)}</p></body></html>
`
}

function mountRow(mount: ActiveMount, config: OriginConfig): string {
  const path = printMount(mount.name)
  const { server_name: name } = publicStats(mount, config)
  const cells = [String(name), mount.title, String(mount.listeners), mount.contentType].map(escapeMarkup)
  const link = `<a href="${escapeMarkup(path)}">${escapeMarkup(mount.name)}</a> (<a href="${escapeMarkup(path)}.m3u">m3u</a>)`
  return `<tr><td>${link}</td>${cells.map((cell) => `<td>${cell}</td>`).join('')}</tr>`
}
