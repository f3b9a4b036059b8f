import { html, raw } from 'hono/html'
import { publicMountOf } from '../../shared/api/json.ts'
import { mountHeaders } from '../../shared/draw/redirect.ts'
import type { View } from '../../shared/draw/view.ts'
import { type Mount, parseMount, printMount } from '../../shared/mount.ts'
import { type Html, pageHead } from '../../shared/page/layout.ts'
import { playIcons } from '../../shared/page/mount-card.ts'
import { style } from '../../shared/page/style.made.ts'
import { servedAsset } from '../served-asset.ts'
import { hlsJs } from './hls-js.made.ts'
import { playerScript } from './script.made.ts'
import { playerStyle } from './style.made.ts'

const folder = '/play'

/** The mount of `/play/live.mp3`, the path of its player page; undefined if it is not such a path. */
export const parsePlayerPath = (path: string): Mount | undefined =>
  path.startsWith(`${folder}/`) ? parseMount(path.slice(folder.length)) : undefined

/** The path of a mount's player page. */
export const playerPath = (mount: Mount): string => folder + printMount(mount)

/** hls.js, for browsers that need it. It is below `/hls/`, where no mount is. */
export const hlsJsAsset = servedAsset('/hls/hls-js', 'js', 'text/javascript; charset=utf-8', hlsJs)

/**
 * What the page may load and run: its own script, and hls.js from the edge; playlists, segments and streams from any server. Any page may show
 * it in a frame: nothing on it uses a login or changes anything, and a site that shows it is what it is for.
 */
const policy = [
  "default-src 'none'",
  `style-src '${style.hash}' '${playerStyle.hash}'`,
  `script-src '${playerScript.hash}' 'self'`,
  'connect-src *',
  'img-src data:',
  // hls.js makes the medium itself, and an empty track for titles
  'media-src * blob: data:',
  "base-uri 'none'",
  "form-action 'none'",
  "require-trusted-types-for 'script'",
].join('; ')

const playerHeaders = {
  ...mountHeaders,
  'Content-Type': 'text/html; charset=UTF-8',
  'Content-Security-Policy': policy,
  'X-Content-Type-Options': 'nosniff',
}

/** What a page shows before its script runs. */
interface Facts {
  mount: Mount
  name: string
  /** artist and title on one line */
  now: string
  isOnAir: boolean
  isPackaged: boolean
}

/** The page of a mount, at 404 if no server is known to carry it: it plays when one does. Mounts that are not public look unknown. */
export function answerPlayer(
  view: View,
  mount: Mount,
  { isHead, nowMs }: { isHead: boolean; nowMs: number },
): Response {
  const onAir = publicMountOf(view, mount, nowMs)
  const isPublic = view.isKnown(mount, nowMs) && !view.mounts.get(mount)?.isPrivate
  const about = onAir?.about ?? (isPublic ? view.about(mount, nowMs) : undefined)
  const text = String(
    playerPage({
      mount,
      name: about?.name ?? mount,
      now: onAir ? [about?.artist, about?.title].filter(Boolean).join(' - ') : '',
      isOnAir: onAir !== undefined,
      isPackaged: onAir?.playlist !== undefined,
    }),
  )
  const bytes = new TextEncoder().encode(text)
  return new Response(isHead ? null : bytes, {
    status: isPublic ? 200 : 404,
    headers: { ...playerHeaders, 'Content-Length': String(bytes.length) },
  })
}

const playerPage = ({ mount, name, now, isOnAir, isPackaged }: Facts): Html => {
  const path = printMount(mount)
  return html`${pageHead(name, playerStyle)}
<body class="player">
<main data-mount="${path}" data-now="/now?mount=${encodeURIComponent(mount)}" data-air="${isOnAir ? 'on' : 'off'}" data-hls="${isPackaged ? 'on' : 'off'}" data-hls-js="${hlsJsAsset.path}">
<button class="play" type="button" aria-label="Play ${name}" aria-pressed="false" hidden>${playIcons}</button>
<div>
<h1 dir="auto">${name}</h1>
<p class="now" dir="auto" aria-live="polite">${now}</p>
<p class="status" role="status">${isOnAir ? '' : 'Off air'}</p>
</div>
<audio preload="none"></audio>
<noscript><audio controls preload="none" src="${path}"></audio></noscript>
</main>
<p class="all"><a href="/" target="_top">All streams</a></p>
<script>${raw(playerScript.text)}</script>
</body>
</html>
`
}
