import type { AbortRules, BatchRules, Never, RetryRules } from './campaign.ts'
import { defaultDelaysMs } from './default-delays.ts'
import { WEBHOOK_DEFAULTS as D } from './delivery-rule-schema.ts'
import type { Repaired } from './shape-problem.ts'
import { parseDurationMs } from './unit.ts'
import type { WebhookInput } from './webhook-schema.ts'

type RetryInput = NonNullable<Repaired<WebhookInput>['retry']>
type AbortInput = NonNullable<Repaired<WebhookInput>['abort']>

/** A span of which the schema has said that it is one. */
export function msFrom(written: string): number {
  return parseDurationMs(written) ?? 0
}

export function retryRulesFrom(written: RetryInput | null | undefined, batch: BatchRules | null): RetryRules {
  const input = written ?? {}
  return {
    delaysMs: input.delays?.map((delay) => msFrom(delay ?? '')) ?? defaultDelaysMs(batch?.size ?? null),
    jitter: input.jitter ?? D.retry.jitter,
    onTimeout: input.on_timeout ?? D.retry.on_timeout,
    conflict: input.conflict ?? D.retry.conflict,
  }
}

/** With an event trigger each customer enters alone, and one refusal must not hold up all who come after: so many in a row do. */
const EVENT_CLIENT_ERRORS = 5

/** Rules that are not named, and numbers left out of a rule, keep their defaults. */
export function abortRulesFrom(input: AbortInput, isEventTriggered: boolean): AbortRules {
  const connection = input.connection ?? D.abort.connection
  return {
    clientError: input.client_error ?? (isEventTriggered ? EVENT_CLIENT_ERRORS : D.abort.client_error),
    exhausted: merged(input.exhausted, ({ least, share, of }) => ({
      least: least ?? D.abort.exhausted.least,
      share: share ?? D.abort.exhausted.share,
      of: of ?? D.abort.exhausted.of,
    })),
    connectionMs: connection === 'never' ? 'never' : msFrom(connection),
    render: merged(input.render, ({ in_a_row, share, of }) => ({
      inARow: in_a_row ?? D.abort.render.in_a_row,
      share: share ?? D.abort.render.share,
      of: of ?? D.abort.render.of,
    })),
    chunks: input.chunks ?? D.abort.chunks,
  }
}

function merged<T extends object, R>(input: T | Never | null | undefined, fill: (input: Partial<T>) => R): R | Never {
  return input === 'never' ? 'never' : fill(input ?? {})
}
