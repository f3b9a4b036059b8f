import { html } from 'hono/html'
import type { PageAsset } from '../../shared/page/asset.ts'
import { type Html, icon, mark, navigation } from '../../shared/page/layout.ts'
import { serverAgent } from '../../shared/version.ts'
import { type ServedAsset, servedAsset } from '../served-asset.ts'
import { controlRoomScript } from './control-room-script.made.ts'
import { controlRoomStyle } from './control-room-style.made.ts'
import { world } from './world.made.ts'

const served = (name: string, ending: string, type: string, asset: PageAsset): ServedAsset =>
  servedAsset(`/admin/assets/${name}`, ending, type, asset)

const script = served('control-room', 'js', 'text/javascript; charset=utf-8', controlRoomScript)
const style = served('control-room', 'css', 'text/css; charset=utf-8', controlRoomStyle)
const outlines = served('world', 'json', 'application/json', world)

/** The files that the control room loads. They hold nothing secret, so they need no login. */
export const controlRoomAssets: readonly ServedAsset[] = [script, style, outlines]

export const controlRoomHeaders = {
  'Content-Security-Policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "connect-src 'self'",
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
  ].join('; '),
  'Cache-Control': 'no-store',
  // the requests that drain a server have to name the page that sent them
  'Referrer-Policy': 'same-origin',
  'X-Content-Type-Options': 'nosniff',
} as const

/** The control room, without any data: its script looks at `/api/cluster` every two seconds. */
export const controlRoom = (): Html => html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Control room</title>
<link rel="icon" href="${icon}">
<link rel="stylesheet" href="${style.path}">
<script type="module" src="${script.path}"></script>
</head>
<body>
<a class="skip" href="#servers">Servers</a>
<div class="page wide">
<header>${mark}<div><h1>Control room</h1><p id="state" role="status">waiting for the cluster</p></div>${navigation([['/', 'Public page']])}</header>
<noscript><section><p>The control room needs JavaScript. <a href="/api/cluster">/api/cluster</a> has the same as JSON.</p></section></noscript>
<main>
<section id="problems" data-worst="unknown"><h2>Problems</h2><p class="summary" role="status"></p><ul></ul></section>
<section id="totals"><dl class="counts"></dl></section>
<div class="columns">
<div>
<section id="chart"><h2>Listeners over time</h2>
<div class="controls"><span class="scope"></span><button type="button" class="button whole" hidden>Whole cluster</button>
<fieldset class="ranges"><legend>Range</legend>${ranges.map(
  (range, i) =>
    html`<label><input type="radio" name="range" value="${range}"${i === 0 ? ' checked' : ''}><span>${range}</span></label>`,
)}</fieldset></div>
<div class="plot" role="img"></div><p class="note"></p></section>
<section id="servers"><h2>Servers</h2>
<div class="controls"><label>filter<input type="search" placeholder="name, address, version, reason" autocomplete="off"></label>
<label>sort by<select>${sortings.map((name) => html`<option>${name}</option>`)}</select></label><span class="found" role="status"></span></div>
<div role="table" aria-label="Servers">
<div role="row" class="heads" aria-rowindex="1">${columns.map((name) => html`<span role="columnheader">${name}</span>`)}</div>
<div class="viewport" role="rowgroup" tabindex="0" aria-label="Rows of servers"><div class="rows" role="presentation"></div></div>
</div>
<p class="none" hidden>No server has reported yet.</p></section>
<section id="mounts"><h2>Mounts</h2><div class="mounts"></div>
<button type="button" class="button more" hidden>More mounts</button>
<p class="none" hidden>No live server carries a mount.</p></section>
</div>
<div>
<section id="map" data-world="${outlines.path}"><h2>Servers and listeners on the map</h2><div class="map"></div><p class="about" role="status" dir="auto"></p><p class="note"></p></section>
<section id="answers"><h2>The last minute</h2><p class="none" hidden>No listener has asked.</p></section>
<section id="events"><h2>Events</h2><ol tabindex="0" aria-label="Events, the newest first"></ol>
<button type="button" class="button more" hidden>All events</button><p class="none" hidden>Nothing has happened yet.</p></section>
</div>
</div>
</main>
<footer>${serverAgent}</footer>
</div>
<dialog id="details" aria-labelledby="details-name"><h2 id="details-name"><bdi></bdi></h2><dl></dl>
<div class="actions"><button type="button" class="button chart">Show its chart</button><button type="button" class="button drain"></button><button type="button" class="button cancel">Close</button></div></dialog>
<dialog id="question" aria-labelledby="question-name"><h2 id="question-name"></h2><ul class="effects"></ul><p class="trouble" role="alert"></p>
<div class="actions"><button type="button" class="button risky confirm"></button><button type="button" class="button cancel">Cancel</button></div></dialog>
</body>
</html>
`

const ranges = ['1 h', '24 h', '7 d', '1 y']
const sortings = ['problems first', 'load', 'listeners', 'joins a minute', 'name']
const columns = ['server', 'state', 'load', 'trend', 'joins/min', 'report', '']
