/**
 * Pictures of a run as HTML with inline SVG: pure functions from numbers to markup, drawn without a script.
 *
 * Each tells the same in words (title, description) and in a table or list. Colours and sizes are those of
 * `pictureStyle`, which a page puts into its style once.
 */
export { latencyHistogram } from './latency-histogram.ts'
export { picturesOverTime } from './over-time.ts'
export { resultBar, shareText } from './result-bar.ts'
export { pictureStyle } from './picture-style.ts'
