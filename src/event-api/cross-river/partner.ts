import type { App } from '../../events/events.ts'
import { Failure, invalid, notFound, type Call } from '../svix/svix.ts'

/**
 * The app that a caller speaks of: its own, or for those who run the instance the one that `partnerId` names.
 *
 * @throws {Failure} 404, also for an app that the caller may not see; 422, when the app gathers nothing.
 */
export function partnerFrom(call: Call, partnerId: string | null): App {
  if (partnerId === null && call.isAdmin)
    throw invalid(['partnerId'], 'expected `partnerId` to name an app, got nothing')
  const app = call.events.apps.find(partnerId ?? call.caller.app ?? '')
  if (app === null || (!call.isAdmin && app.id !== call.caller.app)) throw notFound()
  return gathering(call, app)
}

/** Those that the caller may see, of `partnerId` alone where it is given. */
export function partnersFrom(call: Call, partnerId: string | null): readonly App[] {
  if (partnerId !== null || !call.isAdmin) return [partnerFrom(call, partnerId)]
  const { apps, endpoints } = call.events
  return apps.all().filter((app) => endpoints.profileOfApp(app).gathering !== null)
}

function gathering(call: Call, app: App): App {
  if (call.events.endpoints.profileOfApp(app).gathering !== null) return app
  const detail = 'expected `partnerId` to be an app of the profile crossriver, got one of another profile'
  throw new Failure(422, { code: 'validation', detail: [{ loc: ['partnerId'], msg: detail, type: 'value_error' }] })
}

/** The app in its owner's words. */
export const partnerIdOf = ({ uid, id }: App): string => uid ?? id
