import type { Profile } from '../profile/profile.ts'

/**
 * How an endpoint is doing.
 *
 * - active: what comes is sent. `failingSince`: the first failure since the last success, null when there was none.
 * - disabled: nothing is sent or queued until somebody enables it.
 * - suspended: nothing is sent; what comes is held.
 * - restarting: what is held is tried with one delivery, which decides.
 */
export interface EndpointLife {
  readonly state: 'active' | 'disabled' | 'suspended' | 'restarting'
  readonly failingSince: number | null
  /** Failures lie further apart than a short absence explains. */
  readonly isFailingLong: boolean
}

export type LifeEvent =
  /** An attempt has come to its end. `isLast`: the message has no other attempt left. */
  | { readonly kind: 'succeeded' }
  | { readonly kind: 'failed'; readonly isLast: boolean }
  /** The receiver wishes to hear no more. */
  | { readonly kind: 'refused' }
  | { readonly kind: 'clock' }
  | { readonly kind: 'enable' }
  | { readonly kind: 'disable' }
  | { readonly kind: 'suspend' }
  | { readonly kind: 'restart' }

export const NEW_LIFE: EndpointLife = Object.freeze({ state: 'active', failingSince: null, isFailingLong: false })

/**
 * Gives the life of an endpoint after an event; the same one when nothing has changed.
 *
 * Late answers change nothing about who was disabled or suspended meanwhile: only people enable and restart.
 * @example nextLife(NEW_LIFE, { event: { kind: 'failed', isLast: true }, now: 5, rule: { kind: 'suspend' } }).state // 'suspended'
 */
export function nextLife(
  life: EndpointLife,
  { event, now, rule }: { readonly event: LifeEvent; readonly now: number; readonly rule: Profile['life'] },
): EndpointLife {
  switch (event.kind) {
    case 'succeeded':
      return isStopped(life) ? life : healthy(life)
    case 'failed':
      return failed(life, { isLast: event.isLast, now, rule })
    case 'clock':
      return isOverdue(life, { now, rule }) ? { ...life, state: 'disabled' } : life
    case 'refused':
    case 'disable':
      return life.state === 'disabled' ? life : { ...life, state: 'disabled' }
    case 'enable':
      return life.state === 'disabled' ? NEW_LIFE : life
    case 'suspend':
      return isStopped(life) ? life : { ...life, state: 'suspended' }
    case 'restart':
      return life.state === 'suspended' ? { ...life, state: 'restarting' } : life
  }
}

function isStopped({ state }: EndpointLife): boolean {
  return state === 'disabled' || state === 'suspended'
}

/** When a life has to be looked at again by the clock; null when that would change nothing. */
export function lifeDueAt(life: EndpointLife, rule: Profile['life']): number | null {
  if (rule.kind !== 'disable' || life.state !== 'active' || life.failingSince === null || !life.isFailingLong)
    return null
  return life.failingSince + rule.afterMs
}

function healthy(life: EndpointLife): EndpointLife {
  return life.state === 'active' && life.failingSince === null ? life : NEW_LIFE
}

function failed(
  life: EndpointLife,
  { isLast, now, rule }: { readonly isLast: boolean; readonly now: number; readonly rule: Profile['life'] },
): EndpointLife {
  if (life.state === 'restarting') return { ...life, state: 'suspended' }
  if (life.state !== 'active') return life
  const failingSince = life.failingSince ?? now
  const isFailingLong = life.isFailingLong || (rule.kind === 'disable' && now - failingSince >= rule.spreadMs)
  const isSame = failingSince === life.failingSince && isFailingLong === life.isFailingLong
  const after: EndpointLife = isSame ? life : { state: 'active', failingSince, isFailingLong }
  if (rule.kind === 'suspend' && isLast) return { ...after, state: 'suspended' }
  return isOverdue(after, { now, rule }) ? { ...after, state: 'disabled' } : after
}

function isOverdue(
  life: EndpointLife,
  { now, rule }: { readonly now: number; readonly rule: Profile['life'] },
): boolean {
  const dueAt = lifeDueAt(life, rule)
  return dueAt !== null && now >= dueAt
}
