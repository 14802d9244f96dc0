import { HookcastError } from '../errors.ts'

/** Something that event webhooks do not do, and why; nothing was changed. */
export class EventsError extends HookcastError {
  /**
   * - `unknown`: there is no such thing, or it is another app's.
   * - `conflict`: there is something of that name, or it is in a state that does not allow this.
   * - `invalid`: what was given is not what it is to be; `large`: it is larger.
   * - `limited`: more than may come just now.
   */
  readonly problem: 'unknown' | 'conflict' | 'invalid' | 'large' | 'limited'
  /** When it may come; null where waiting helps nobody. */
  readonly retryAfterMs: number | null

  constructor(
    problem: EventsError['problem'],
    message: string,
    { retryAfterMs = null }: { readonly retryAfterMs?: number | null } = {},
  ) {
    super('HOOKCAST_EVENTS_REFUSED', message)
    this.problem = problem
    this.retryAfterMs = retryAfterMs
  }
}
