import { Markup } from '../markup.ts'
import { pictureStyle } from '../picture/picture.ts'

/** Our own text, without anything from outside: it goes into the page as it is. */
export const pageStyle = new Markup(`
:root { color-scheme: light dark; --ink: #1a2030; --quiet: #545c6e; --line: #dfe3ea; --paper: #ffffff; --ground: #f4f6f9; --code: #eef1f6; --alarm: #fdecee; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e8ebf2; --quiet: #a5adbd; --line: #333a48; --paper: #191d26; --ground: #11141b; --code: #262c38; --alarm: #3a1d24; }
}
${pictureStyle}
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1.5rem 1rem 3rem; max-width: 60rem; background: var(--ground); color: var(--ink); font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; overflow-wrap: anywhere; }
h1 { margin: 0 0 .6rem; font-size: 1.7rem; line-height: 1.25; letter-spacing: -.01em; }
h2 { margin: 0 0 .8rem; font-size: 1.15rem; }
h3 { margin: 0; font-size: .95rem; }
p { margin: 0 0 .6rem; }
section { margin-top: 1rem; padding: 1.25rem; background: var(--paper); border: 1px solid var(--line); border-radius: 10px; }
code { font: .88em ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace; background: var(--code); padding: .1em .35em; border-radius: 4px; }
.note { color: var(--quiet); font-size: .88rem; font-weight: 400; }
.verdict { font-size: 1.1rem; }
.state { display: inline-block; padding: .1em .6em; border-radius: 99px; border: 1.5px solid currentColor; font-size: .55em; font-weight: 600; letter-spacing: .01em; vertical-align: .25em; white-space: nowrap; color: var(--waiting); }
.state-finished { color: var(--sent); }
.state-aborted, .state-cancelled { color: var(--failed); }
dl { margin: 0; }
dd { margin: 0; }
.facts { display: flex; flex-wrap: wrap; gap: .3rem 1.8rem; margin-bottom: .6rem; }
.facts dt, .list dt, .commands dt { color: var(--quiet); font-size: .88rem; }
.facts dd, .list dd { font-variant-numeric: tabular-nums; }
.list { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 8.5rem), 1fr)); gap: .8rem 1.2rem; }
.list > .long { grid-column: 1 / -1; }
.commands > div + div { margin-top: .7rem; }
.commands code { display: inline-block; padding: .35em .6em; user-select: all; }
.stop { border-left: 4px solid var(--failed); background: var(--alarm); border-radius: 6px; padding: .9rem 1rem; }
.stop + .stop { margin-top: .8rem; }
.stop p:last-child { margin-bottom: 0; }
.stop code { background: var(--paper); }
.samples { margin: 0 0 .6rem; padding-left: 1.2rem; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
caption { text-align: left; padding: .4rem 0; }
th, td { padding: .3rem .8rem .3rem 0; text-align: right; font-weight: 400; white-space: nowrap; }
th:first-child { text-align: left; }
thead th { color: var(--quiet); font-size: .85rem; }
tbody tr { border-top: 1px solid var(--line); }
.bars { width: 100%; }
.bars th:first-child { white-space: normal; }
.bars .share { color: var(--quiet); }
.bars .drawn { width: 45%; padding-right: 0; }
.bar { display: block; width: 100%; height: .9rem; }
.bar rect { rx: 1.5; }
.reasons article + article { margin-top: 1.3rem; }
.said, .warnings { list-style: none; margin: 0; padding: 0; }
.said li { display: grid; grid-template-columns: 4.5rem minmax(0, 1fr); gap: .8rem; padding: .3rem 0; border-top: 1px solid var(--line); }
.count { text-align: right; font-variant-numeric: tabular-nums; }
.warnings li + li { margin-top: .5rem; }
footer { margin-top: 1.2rem; color: var(--quiet); font-size: .85rem; }
@media (max-width: 34rem) {
  section { padding: 1rem .85rem; }
  .facts { gap: .3rem 1rem; }
  .bars .drawn { display: none; }
  .plot { grid-template-columns: 3.1rem minmax(0, 1fr); }
  .said li { grid-template-columns: 3rem minmax(0, 1fr); }
}
@media print {
  :root { --ground: #ffffff; }
  body { padding: 0; max-width: none; font-size: 11pt; print-color-adjust: exact; }
  section, .stop, figure, article { break-inside: avoid; }
  section:has(.plot) { break-inside: auto; }
  details.numbers { display: none; }
}
`)
