import { plainText } from './print.ts'
import { Markup, isText, rawText } from './value.ts'

/**
 * Text made from a safe text is safe: `text` is what people read, and is escaped again where the original was.
 *
 * So `(first ~ " " ~ last)|upper` works on the name and not on `\u0022`. A safe text that cannot have been escaped
 * (`","`, a piece of JSON) is worked on as it is.
 */
export function textLike(original: unknown, text: string): string | Markup {
  if (!(original instanceof Markup)) return text
  const { dialect } = original
  return new Markup(original.raw === original.text ? text : dialect.escape(text), dialect)
}

/** Applies a text function to any value: what comes out is safe when what went in was. */
export function mapText(value: unknown, change: (text: string) => string): string | Markup {
  return isText(value) ? textLike(value, change(rawText(value))) : change(plainText(value))
}
