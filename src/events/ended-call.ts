import { strangersView, type CallResult } from '../request/request.ts'
import type { Attempt } from './attempts.ts'
import type { LifeEvent } from './endpoint-life.ts'
import type { Judged } from './next-step.ts'

/** What is kept of a call, as the stranger may see it who registered the endpoint. */
export type SeenResult = Pick<Attempt, 'httpStatus' | 'code' | 'answer' | 'latencyMs' | 'hasSucceeded'>

export function seenOf(result: CallResult): Omit<SeenResult, 'hasSucceeded'> {
  const { answer } = result
  const { message, latencyMs } = strangersView(result)
  if (answer.kind === 'failed')
    return { httpStatus: null, code: answer.code, answer: message, latencyMs: latencyMs ?? 0 }
  return { httpStatus: answer.httpStatus, code: null, answer: answer.body, latencyMs: latencyMs ?? 0 }
}

/** What a call says about the endpoint. */
export function lifeEventOf(step: Judged['step'], isRefusal: boolean): LifeEvent {
  if (isRefusal) return { kind: 'refused' }
  return step.kind === 'sent' ? { kind: 'succeeded' } : { kind: 'failed', isLast: step.kind === 'failed' }
}
