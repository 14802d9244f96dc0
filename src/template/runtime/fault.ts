/**
 * A template failed while rendering: a sentence without a place, which the renderer adds.
 *
 * The sentence never holds a customer's value: it ends up in reports and logs.
 */
export class RenderFault extends Error {}

/** The template said `{% abort %}` or `{% skip %}`: this customer is left out, on purpose. */
export class SuppressedByTemplate extends Error {
  readonly reason: string | null

  constructor(reason: string | null) {
    super(reason ?? 'suppressed by the template')
    this.reason = reason
  }
}
