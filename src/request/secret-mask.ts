const MASK = '***'

/** A hex or base64 of a few letters stands in many texts by chance. */
const LEAST_ENCODED = 6

/**
 * Takes secrets out of what a server said, however it wrote them: as they are, escaped for JSON, a URL, a form or HTML,
 * in base64 or in hex. Some repeat what they were sent, in an error or a debug page.
 */
export class SecretMask {
  readonly #forms: readonly string[]
  readonly #shortest: number

  constructor(secrets: readonly string[]) {
    // The longest first: a form may lie within another.
    this.#forms = [...new Set(secrets.flatMap(formsOf))].toSorted((a, b) => b.length - a.length)
    this.#shortest = this.#forms.at(-1)?.length ?? Number.POSITIVE_INFINITY
  }

  /** The same text when there is nothing to hide. */
  apply(text: string): string {
    if (text.length < this.#shortest) return text
    return this.#forms.reduce((masked, form) => masked.replaceAll(form, MASK), text)
  }
}

function formsOf(secret: string): string[] {
  const url = encodeURIComponent(secret)
  const forms = [secret, inJson(secret), inJson(inJson(secret)), url, inLowerCase(url)]
  if (secret.length < LEAST_ENCODED) return forms
  const bytes = Buffer.from(secret)
  const [base64, hex] = [bytes.toString('base64'), bytes.toString('hex')]
  const form = new URLSearchParams({ '': secret }).toString().slice(1)
  const html = secret.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
  // The padding goes last, so that without it the text is found as well.
  return [
    ...forms,
    form,
    html,
    base64.replace(/=+$/, ''),
    inUrl(base64),
    hex,
    hex.toUpperCase(),
    encodeURIComponent(base64),
  ]
}

function inJson(text: string): string {
  return JSON.stringify(text).slice(1, -1)
}

function inLowerCase(encoded: string): string {
  return encoded.replaceAll(/%../g, (byte) => byte.toLowerCase())
}

function inUrl(base64: string): string {
  return base64.replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '')
}
