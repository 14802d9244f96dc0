import type { Route } from '../svix/svix.ts'
import { events } from './events.ts'
import { registrations } from './registrations.ts'

/**
 * Cross River's calls for registrations and events, over the apps of a profile that gathers.
 *
 * Its errors, pages and the path of an acknowledgement are not published: these are as everywhere here.
 *
 * @see Cross River COS API, "Webhook registrations" and "Webhook events".
 */
export const CROSS_RIVER_ROUTES: readonly Route[] = [...registrations, ...events]
