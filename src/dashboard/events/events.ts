import type { PageRoute } from '../frame/visit.ts'
import { appListPages } from './app-list.ts'
import { appPages } from './app-page.ts'
import { endpointPages } from './endpoint-page.ts'
import { eventTypePages } from './event-type-pages.ts'
import { messagePages } from './message-pages.ts'
import { portalLinkPages } from './portal-links.ts'

/** Pages of event webhooks: apps, their endpoints and messages, and the catalogue of event types. */
export const eventPages: readonly PageRoute[] = [
  ...appListPages,
  ...eventTypePages,
  ...appPages,
  ...portalLinkPages,
  ...messagePages,
  ...endpointPages,
]
