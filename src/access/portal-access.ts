import type { Actor, Capability } from './role.ts'

/** A link to the portal of one app. */
export interface PortalAccess {
  /** Id of the app. */
  readonly app: string
  readonly lastsMs: number
  /** Null for everything that an app may do. */
  readonly capabilities: readonly Capability[] | null
  /** A name for links that are to end together; null for none. */
  readonly session: string | null
}

/** How long links are good at most, and without a word. @see Svix's `AppPortalAccessIn`; Bloom, "webhookDashboardUrl". */
export const PORTAL_LONGEST_MS = 7 * 86_400_000

/** The name of their tokens. */
export const PORTAL_NAME = 'portal'

/** Whether somebody has come by a link, and with no token that was given to them. */
export function isPortalLink({ name, role }: Actor): boolean {
  return role === 'app' && name === PORTAL_NAME
}

/** Gives the link for a token of {@link Tokens.openPortal}. */
export function portalUrl(serviceUrl: string, token: string): string {
  return `${serviceUrl.replace(/\/$/, '')}/portal/${token}`
}
