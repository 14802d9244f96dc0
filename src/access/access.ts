/**
 * Who may do what on a service: tokens, roles, the log of what they did, and the limits of trying.
 *
 * It knows no HTTP: the API asks it, and so will the dashboard.
 */
export { mayReadPersonalData, ROLES } from './role.ts'
export { Tokens } from './tokens.ts'
export { AuditLog } from './audit-log.ts'
export { FailedLogins } from './failed-logins.ts'
export { CallRate } from './call-rate.ts'
