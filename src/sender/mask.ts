import type { Answer, Outcome } from '../campaign/outcome.ts'
import type { SecretMask } from '../request/request.ts'

/** The same answer when there is nothing to hide. */
export function maskedAnswer(answer: Answer, mask: SecretMask): Answer {
  if (answer.kind !== 'answered') return answer
  const body = mask.apply(answer.body)
  return body === answer.body ? answer : { ...answer, body }
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
