import { endpointFormPages } from './endpoint-form.ts'
import { endpointListPages } from './endpoint-list.ts'
import { endpointPages } from './endpoint-page.ts'
import { eventTypePages } from './event-type-pages.ts'
import { messagePages } from './message-pages.ts'
import type { PortalRoute } from './portal-visit.ts'
import { verifyPages } from './verify-page.ts'

/** Every path of the portal, below `/portal/:token`. */
export const PORTAL_ROUTES: readonly PortalRoute[] = [
  ...endpointListPages,
  ...endpointFormPages,
  ...endpointPages,
  ...verifyPages,
  ...messagePages,
  ...eventTypePages,
]
