/**
 * What pictures look like. The page sets `--ink`, `--quiet`, `--line` and `--paper`.
 *
 * Colours differ in lightness too, so that they are told apart without seeing colour, and each stands out from the
 * paper by at least 3 : 1 in light and dark (WCAG 2.2, 1.4.11).
 */
export const pictureStyle = `
:root {
  --sent: #14805e; --failed: #c22b3e; --aborted: #7a3fb0; --suppressed: #6a7386; --waiting: #a96500; --pending: #8a8f9c;
  --kind-2xx: #14805e; --kind-3xx: #2563c9; --kind-4xx: #b86e00; --kind-5xx: #c22b3e; --kind-none: #5b3a8c;
  --calls: #2a63b8; --calls-pale: #7f9fce;
}
@media (prefers-color-scheme: dark) {
  :root {
    --sent: #3fbf92; --failed: #ff6f7d; --aborted: #b98cf0; --suppressed: #9aa3b5; --waiting: #e0a030; --pending: #767c8a;
    --kind-2xx: #3fbf92; --kind-3xx: #6ea5ff; --kind-4xx: #e0a030; --kind-5xx: #ff6f7d; --kind-none: #b98cf0;
    --calls: #78aaff; --calls-pale: #4a6aa3;
  }
}
figure { margin: 0; }
figure svg { display: block; width: 100%; }
.swatch { display: inline-block; width: .7em; height: .7em; border-radius: 2px; margin-right: .45em; background: currentColor; }
.is-sent svg, .is-sent .swatch, g.is-sent { color: var(--sent); fill: var(--sent); }
.is-failed .swatch, g.is-failed { color: var(--failed); fill: var(--failed); }
.is-aborted .swatch, g.is-aborted { color: var(--aborted); fill: var(--aborted); }
.is-suppressed .swatch, g.is-suppressed { color: var(--suppressed); fill: var(--suppressed); }
.is-waiting .swatch, g.is-waiting { color: var(--waiting); fill: var(--waiting); }
.is-pending .swatch, g.is-pending { color: var(--pending); fill: var(--pending); }
.is-none .swatch { color: var(--line); }
.kind-2xx { color: var(--kind-2xx); fill: var(--kind-2xx); }
.kind-3xx { color: var(--kind-3xx); fill: var(--kind-3xx); }
.kind-4xx { color: var(--kind-4xx); fill: var(--kind-4xx); }
.kind-5xx { color: var(--kind-5xx); fill: var(--kind-5xx); }
.kind-none { color: var(--kind-none); fill: var(--kind-none); }
.in-flight, .latency-half { color: var(--calls); fill: var(--calls); }
.latency-most { color: var(--calls-pale); fill: var(--calls-pale); }
.results svg { height: 1.9rem; border-radius: 6px; background: var(--line); overflow: hidden; }
.counts { display: grid; grid-template-columns: repeat(auto-fit, minmax(7.5rem, 1fr)); gap: .9rem 1rem; margin: 1rem 0 0; }
.counts dt { color: var(--quiet); font-size: .9rem; }
.counts dd { margin: 0; font-size: 1.6rem; font-weight: 650; line-height: 1.2; font-variant-numeric: tabular-nums; }
.counts dd.note { font-size: .85rem; font-weight: 400; }
.legend { display: flex; flex-wrap: wrap; gap: .2rem 1.1rem; list-style: none; margin: .1rem 0 .5rem; padding: 0; font-size: .85rem; color: var(--quiet); }
.plot { display: grid; grid-template-columns: 4.2rem minmax(0, 1fr); margin: .4rem 0 1.4rem; font-size: .75rem; color: var(--quiet); font-variant-numeric: tabular-nums; }
.plot-y { position: relative; }
.plot-y span { position: absolute; right: .6rem; transform: translateY(-50%); white-space: nowrap; }
.plot-area { min-width: 0; position: relative; }
.plot-area svg { height: 8.5rem; overflow: visible; }
.plot-marks { position: absolute; inset: 0 0 auto; }
.plot-marks span { position: absolute; top: -1.4rem; white-space: nowrap; }
.plot-x { grid-column: 2; position: relative; height: 1.3rem; margin-top: .35rem; }
.plot-x span { position: absolute; white-space: nowrap; }
.plot span.middle, .plot-marks span { transform: translateX(-50%); }
.plot-x span.last { transform: translateX(-100%); }
.plot:has(.plot-marks) { margin-top: 1.7rem; }
line { vector-effect: non-scaling-stroke; }
line.grid { stroke: var(--line); }
line.mark { stroke: var(--ink); stroke-dasharray: 3 3; }
line.ceiling { stroke: var(--ink); stroke-width: 1.5; }
.hit { fill: transparent; }
g:hover > .hit { fill: var(--ink); fill-opacity: .12; }
.break { fill: var(--line); fill-opacity: .65; }
.swatch.break { background: var(--line); }
details.numbers { font-size: .85rem; color: var(--quiet); }
details.numbers summary { cursor: pointer; width: max-content; max-width: 100%; }
.wide { overflow-x: auto; }
`
