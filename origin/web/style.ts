/** The style sheet of all pages: inline, so that a page loads nothing else. */
export const layoutStyle = `
:root{color-scheme:light dark;--ink:#14212b;--dim:#5b6f7d;--line:#d8e2e8;--ground:#f5f8fa;--card:#fff;--water:#0b7fab;--onwater:#fff;--bad:#b3462f}
@media(prefers-color-scheme:dark){:root{--ink:#e6eef3;--dim:#8fa5b3;--line:#2a3a45;--ground:#0e171d;--card:#15212a;--water:#46b4de;--onwater:#06222f;--bad:#e58468}}
*{box-sizing:border-box}
body{margin:0;background:var(--ground);color:var(--ink);font:16px/1.5 system-ui,sans-serif;overflow-wrap:anywhere}
.page{max-width:60rem;margin:0 auto;padding:2.5rem 1.25rem 3rem}
.page>header{display:flex;flex-wrap:wrap;align-items:center;gap:.75rem;margin-bottom:2rem}
.page>header svg{width:2.25rem;height:2.25rem;color:var(--water);flex:none}
.page>header div{flex:1 1 12rem}
h1{font-size:1.4rem;line-height:1.25;letter-spacing:-.01em;margin:0}
.page>header p,footer{margin:0;color:var(--dim);font-size:.9rem}
a{color:var(--water);text-decoration:none}a:hover{text-decoration:underline}
nav{display:flex;flex-wrap:wrap;gap:.35rem 1rem;font-size:.9rem}
section,.mount{background:var(--card);border:1px solid var(--line);border-radius:.75rem;padding:1.25rem;margin-bottom:1.25rem}
section{overflow-x:auto}
h2{font-size:1.1rem;line-height:1.3;margin:0}
section>h2:not(.mountname){font-size:.8rem;text-transform:uppercase;letter-spacing:.06em;color:var(--dim);margin-bottom:.75rem;font-weight:600}
.mount{display:grid;grid-template-columns:auto 1fr auto;gap:.25rem 1.1rem;align-items:start}
.mount .what{min-width:0}
.mount p{margin:.15rem 0 0}
.now{font-size:1.05rem}.now:empty{display:none}
.dim,small{color:var(--dim)}.dim,.facts{font-size:.9rem}
.facts{color:var(--dim)}
.counts{display:flex;gap:1.5rem;text-align:right;margin:0}
.counts div{display:flex;flex-direction:column-reverse}
.counts dd{margin:0;font-size:1.5rem;line-height:1.1;font-weight:600;font-variant-numeric:tabular-nums}
.counts dt{color:var(--dim);font-size:.8rem}
.mount nav{grid-column:2/-1;margin-top:.6rem}
.mount audio{grid-column:1/-1;width:100%;margin-bottom:.5rem}
.play{width:3.25rem;height:3.25rem;padding:0;border:0;border-radius:50%;background:var(--water);color:var(--onwater);cursor:pointer;display:grid;place-items:center}
.play[hidden]{display:none}
.play:hover{filter:brightness(1.1)}
.play:focus-visible,button:focus-visible,a:focus-visible{outline:3px solid var(--water);outline-offset:2px}
.play svg{width:2rem;height:2rem;fill:currentColor}
.play .stop,.mount[data-state=loading] .start,.mount[data-state=playing] .start{display:none}
.mount[data-state=loading] .stop,.mount[data-state=playing] .stop{display:block}
.mount[data-state=loading] .play{animation:breathe 1.2s ease-in-out infinite}
.mount[data-state=playing]{border-color:var(--water)}
.trouble{color:var(--bad);font-size:.9rem}.trouble:empty{display:none}
@keyframes breathe{50%{opacity:.45}}
@media(prefers-reduced-motion:reduce){.mount[data-state=loading] .play{animation:none;opacity:.6}}
@media(max-width:36rem){.page{padding:1.5rem .9rem 2rem}.mount{grid-template-columns:auto 1fr;padding:1rem}.counts{grid-column:2;text-align:left;margin-top:.5rem}.mount nav{grid-column:1/-1}}
.none{text-align:center;padding:3rem 1rem;color:var(--dim)}
table{width:100%;border-collapse:collapse;font-variant-numeric:tabular-nums}
th{text-align:left;font-weight:600;font-size:.85rem;color:var(--dim);padding:.25rem .75rem .5rem 0;vertical-align:top}
td{border-top:1px solid var(--line);padding:.5rem .75rem .5rem 0;vertical-align:top}
tr:first-child td{border-top:0}thead+tbody tr:first-child td{border-top:1px solid var(--line)}
td.name{color:var(--dim);width:16rem}
form{display:flex;flex-wrap:wrap;gap:.75rem;align-items:end;margin:0}
label{display:flex;flex-direction:column;gap:.2rem;font-size:.85rem;color:var(--dim);flex:1 1 14rem}
input,select{font:inherit;padding:.4rem .6rem;border:1px solid var(--line);border-radius:.5rem;background:var(--ground);color:var(--ink);width:100%}
form button{font:inherit;padding:.4rem 1rem;border:1px solid var(--water);border-radius:.5rem;background:none;color:var(--water);cursor:pointer}
form button:hover{background:var(--water);color:var(--onwater)}
form button.risky{border-color:var(--bad);color:var(--bad)}form button.risky:hover{background:var(--bad);color:var(--card)}
.actions{display:flex;flex-wrap:wrap;margin:.6rem 0;gap:.5rem}
section .now{margin:.2rem 0}
summary{cursor:pointer;color:var(--dim);font-size:.9rem;padding:.25rem 0}
details[open]{padding-bottom:.5rem}
section .none{padding:1rem}
`
