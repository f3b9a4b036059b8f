/** The page's only style sheet: inline, so that the page loads nothing else. */
export const pageStyle = `
:root{color-scheme:light dark;--ink:#14212b;--dim:#5b6f7d;--line:#d8e2e8;--ground:#f5f8fa;--card:#fff;--water:#0b7fab;--good:#1c8a54;--bad:#b3462f}
@media(prefers-color-scheme:dark){:root{--ink:#e6eef3;--dim:#8fa5b3;--line:#2a3a45;--ground:#0e171d;--card:#15212a;--water:#46b4de;--good:#4cc48a;--bad:#e58468}}
*{box-sizing:border-box}
body{margin:0;background:var(--ground);color:var(--ink);font:16px/1.5 system-ui,sans-serif}
main{max-width:60rem;margin:0 auto;padding:2.5rem 1.25rem 4rem}
header{display:flex;align-items:center;gap:.75rem;margin-bottom:2rem}
header svg{width:2.25rem;height:2.25rem;color:var(--water)}
h1{font-size:1.4rem;letter-spacing:-.01em;margin:0}
header p{margin:0;color:var(--dim);font-size:.9rem}
section{background:var(--card);border:1px solid var(--line);border-radius:.75rem;padding:1.25rem;margin-bottom:1.25rem;overflow-x:auto}
h2{font-size:.8rem;text-transform:uppercase;letter-spacing:.06em;color:var(--dim);margin:0 0 .75rem;font-weight:600}
.facts{display:flex;flex-wrap:wrap;gap:1rem 2.5rem;align-items:flex-end}
.facts b{display:block;font-size:2rem;line-height:1.1;font-variant-numeric:tabular-nums}
.facts span{color:var(--dim);font-size:.9rem}
.spark{flex:1 1 16rem;height:4rem;color:var(--water)}
table{width:100%;border-collapse:collapse;font-variant-numeric:tabular-nums}
th{text-align:left;font-weight:600;font-size:.85rem;color:var(--dim);padding:.25rem .75rem .5rem 0}
td{border-top:1px solid var(--line);padding:.55rem .75rem .55rem 0;vertical-align:middle}
.n{text-align:right}.n,th{white-space:nowrap}td:last-child,th:last-child{padding-right:0}
a{color:var(--water);text-decoration:none;font-weight:600}a:hover{text-decoration:underline}
audio{height:2rem;width:13rem;vertical-align:middle}
small{color:var(--dim)}
.in,.out{border-radius:1rem;padding:.1rem .6rem;font-size:.8rem;border:1px solid;white-space:nowrap}
.in{color:var(--good)}.out{color:var(--bad)}
meter{width:7rem;vertical-align:middle}
.none{color:var(--dim);margin:0}
footer{color:var(--dim);font-size:.85rem}
`
