import type { Answer, Outcome } from '../campaign/outcome.ts'

const MASK = '***'

/** Takes secrets out of what a receiver said, however it wrote them: as they are, in JSON, or percent-encoded. */
export class Mask {
  readonly #forms: readonly string[]

  constructor(secrets: readonly string[]) {
    const forms = secrets.flatMap((secret) => [secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret)])
    // The longest first: a form may lie within another.
    this.#forms = [...new Set(forms)].toSorted((a, b) => b.length - a.length)
  }

  /** The same answer when there is nothing to hide. */
  apply(answer: Answer): Answer {
    if (answer.kind !== 'answered' || !this.#forms.some((form) => answer.body.includes(form))) return answer
    return { ...answer, body: this.text(answer.body) }
  }

  text(text: string): string {
    return this.#forms.reduce((masked, form) => masked.replaceAll(form, MASK), text)
  }
}

/**
 * The outcome of an answer with the words of its masked twin.
 *
 * What an answer means is judged as it came: a password such as `1` would mask a success away. When masking has
 * broken the body, its words are left out.
 */
export function withMaskedWords(outcome: Outcome, masked: Outcome): Outcome {
  if ('words' in outcome) {
    const words = 'words' in masked && masked.kind === outcome.kind ? masked.words : NO_WORDS
    return { ...outcome, words }
  }
  return { ...outcome, message: masked.kind === 'retry' && outcome.kind === 'retry' ? masked.message : null } as Outcome
}

const NO_WORDS = { errorCode: null, resultCode: null, resultStatus: null, message: null } as const
