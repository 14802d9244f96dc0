import { z } from 'zod'
import type { DeliveryState } from '../../events/events.ts'

/** As Svix numbers what became of a message: 0 success, 1 pending, 2 fail, 3 sending, 4 canceled. */
export const DELIVERY_STATUS = z.coerce.number().int().min(0).max(4)
/** The first digit of a status, times 100; 0 without an answer. */
export const STATUS_CODE_CLASS = z.coerce.number().int().min(0).max(500)

const STATUS = { open: 1, sent: 0, failed: 2, cancelled: 4, expired: 4 } as const
const TEXT = ['success', 'pending', 'fail', 'sending', 'canceled'] as const

export interface StatusOut {
  readonly status: number
  readonly statusText: string
}

/** Clients that do not know of canceled ones take them for successes: so says Svix of `expanded_statuses=false`. */
export function statusOut(state: DeliveryState, { isExpanded }: { readonly isExpanded: boolean }): StatusOut {
  const status = STATUS[state] === 4 && !isExpanded ? 0 : STATUS[state]
  return { status, statusText: TEXT[status] }
}

/** What is pending is tried again; whether a call is under way just now is not told. */
export function statesOf(status: number): readonly DeliveryState[] {
  return (Object.keys(STATUS) as DeliveryState[]).filter((state) => STATUS[state] === status)
}
