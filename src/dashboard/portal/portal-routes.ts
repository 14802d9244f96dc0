import { endpointListPages } from './endpoint-list.ts'
import type { PortalRoute } from './portal-visit.ts'

/** Every path of the portal, below `/portal/:token`. */
export const PORTAL_ROUTES: readonly PortalRoute[] = [...endpointListPages]
