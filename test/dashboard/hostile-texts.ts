import { createRequire } from 'node:module'
import { readFileSync } from 'node:fs'

const naughty = JSON.parse(
  readFileSync(createRequire(import.meta.url).resolve('big-list-of-naughty-strings/blns.json'), 'utf8'),
) as string[]
/** A name that would like to be more. */
export const NAME = `<img src=x onerror="alert('name')"> \u202Eevil`
export const OWN = [
  '<img src=x onerror=alert(1)>',
  '"><script>alert(2)</script>',
  `' onmouseover='alert(3)`,
  'javascript:alert(4)',
  '</textarea></pre></code><svg onload=alert(5)>',
  '{{ constructor.constructor("alert(6)")() }}',
  '\u202Egnp.exe',
  '</script><script>alert(7)</script>',
]
export const TEXTS = [...OWN, ...naughty.filter((text) => text.trim() !== '')]

/** Counts elements that only texts of others could have made. */
export const FOREIGN = `document.querySelectorAll('main img, main iframe, main script, main object, main [onerror], main [onload], main [onmouseover], main a[href^="javascript:"]').length`
