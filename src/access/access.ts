/**
 * Who may do what on a service: tokens, roles, the log of what they did, and the limits of trying.
 *
 * It knows no HTTP: the API asks it, and so does the dashboard.
 */
export {
  CAPABILITIES,
  GRANTS,
  isCapable,
  mayReadPersonalData,
  ROLES,
  type Actor,
  type Capability,
  type Role,
} from './role.ts'
export { isPortalLink, portalUrl, PORTAL_LONGEST_MS } from './portal-access.ts'
export { Tokens, type TokenRecord } from './tokens.ts'
export { formTokenOf, Sessions, type Session } from './sessions.ts'
export { AuditLog, type AuditEntry } from './audit-log.ts'
export { FailedLogins } from './failed-logins.ts'
export { CallRate } from './call-rate.ts'
export { Repeats } from './repeats.ts'
