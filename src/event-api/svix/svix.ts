import { applications } from './applications.ts'
import { authentication } from './authentication.ts'
import { attempts } from './attempts.ts'
import { endpoints } from './endpoints.ts'
import { eventTypes } from './event-types.ts'
import { imports } from './import-openapi.ts'
import { messages } from './messages.ts'
import { operationalWebhooks } from './operational-webhooks.ts'
import { progress } from './progress.ts'
import { replays } from './replays.ts'
import type { Route } from './route.ts'
import { tasks } from './tasks.ts'
import { usage } from './usage.ts'

export { endpointFields, type EndpointFields } from './endpoints.ts'
export { answerFrom, defectFrom, Failure, failureFrom, invalid, notFound } from './failure.ts'
export { dateOf } from './fields.ts'
export { FLAG, INSTANT, listOut, pageQuery } from './paging.ts'
export { checkBody, readBytes, readQuery } from './read-request.ts'
export { authorize, Call, type Answer, type Doors, type Route } from './route.ts'

/**
 * Svix's API, as its clients of both majors call it: its operations, below `/api/v1`.
 *
 * @see Svix's OpenAPI document, `server/openapi.json` of github.com/svix/svix-webhooks
 */
export const SVIX_ROUTES: readonly Route[] = [
  ...applications,
  ...imports,
  ...eventTypes,
  ...endpoints,
  ...messages,
  ...attempts,
  ...progress,
  ...replays,
  ...tasks,
  ...authentication,
  ...usage,
  ...operationalWebhooks,
]
