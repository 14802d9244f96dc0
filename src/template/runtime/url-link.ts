import { lengthOf, sliceText } from './characters.ts'
import { escapeHtml } from './dialect.ts'
import { RenderFault } from './fault.ts'

const HOST = String.raw`(?:[\w%-]+\.)*(?:[a-z]{2,63}|xn--[\w%]{2,59})`
const KNOWN_DOMAIN = String.raw`(?:[\w%-]{2,63}\.)+(?:com|net|int|edu|gov|org|info|mil)`
const ADDRESS = String.raw`\d{1,3}(?:\.\d{1,3}){3}|\[(?:[\da-f]{0,4}:){2}(?:[\da-f]{0,4}:?){1,6}\]`
const WEB = new RegExp(
  `^(?:(?:https?://|www\\.)${HOST}|${KNOWN_DOMAIN}|https?://(?:${ADDRESS}))(?::\\d{1,5})?(?:[/?#]\\S*)?$`,
  'iu',
)
const MAIL = /^\S+@\w[\w.-]*\.\w+$/u
const SCHEME = /^[\w.+-]{2,}:\/{0,2}$/
const HEAD = /^(?:[(<]|&lt;)+/
const TAIL = /(?:[)>.,\n]|&gt;)+$/
const PAIRS = [
  ['(', ')'],
  ['<', '>'],
  ['&lt;', '&gt;'],
] as const

export interface LinkOptions {
  readonly limit: number | null
  readonly rel: string
  readonly target: string | null
  readonly schemes: readonly string[]
}

function count(text: string, part: string): number {
  return text.split(part).length - 1
}

/** Takes closing brackets back from the tail as long as the middle has more opening ones. */
function balance(middle: string, tail: string): readonly [string, string] {
  let [inside, outside] = [middle, tail]
  for (const [open, close] of PAIRS) {
    const surplus = count(inside, open)
    if (surplus <= count(inside, close)) continue
    for (let left = Math.min(surplus, count(outside, close)); left > 0; left -= 1) {
      const end = outside.indexOf(close) + close.length
      inside += outside.slice(0, end)
      outside = outside.slice(end)
    }
  }
  return [inside, outside]
}

function link(word: string, { limit, schemes }: LinkOptions, attributes: string): string {
  if (WEB.test(word)) {
    const shown = limit !== null && lengthOf(word) > limit ? `${sliceText(word, 0, limit)}...` : word
    const href = /^https?:\/\//.test(word) ? word : `https://${word}`
    return `<a href="${href}"${attributes}>${shown}</a>`
  }
  if (word.startsWith('mailto:') && MAIL.test(word.slice(7))) return `<a href="${word}">${word.slice(7)}</a>`
  const isMail = word.includes('@') && !/^(?:www\.|@)/.test(word) && !word.includes(':') && MAIL.test(word)
  if (isMail) return `<a href="mailto:${word}">${word}</a>`
  const scheme = schemes.find((one) => word !== one && word.startsWith(one))
  return scheme === undefined ? word : `<a href="${word}"${attributes}>${word}</a>`
}

/** Jinja2's `urlize`: makes links of addresses in a text that is HTML already. */
export function linkUrls(html: string, options: LinkOptions): string {
  if (options.schemes.some((scheme) => !SCHEME.test(scheme))) {
    throw new RenderFault('expected a scheme such as `tel:`, got another text')
  }
  const words = new Set(options.rel.split(/\s+/).filter((word) => word !== ''))
  const rel = [...words, 'noopener'].filter((word, index, all) => all.indexOf(word) === index)
  rel.sort()
  const attributes = ` rel="${escapeHtml(rel.join(' '))}"${options.target === null ? '' : ` target="${escapeHtml(options.target)}"`}`
  return html
    .split(/(\s+)/)
    .map((word) => {
      const head = HEAD.exec(word)?.[0] ?? ''
      const rest = word.slice(head.length)
      const tail = TAIL.exec(rest)?.[0] ?? ''
      const [middle, after] = balance(rest.slice(0, rest.length - tail.length), tail)
      return head + link(middle, options, attributes) + after
    })
    .join('')
}
