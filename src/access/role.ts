/** What somebody is on a service. `app` is for the portal of event webhooks, and reaches nothing of campaigns. */
export const ROLES = ['admin', 'editor', 'operator', 'viewer', 'app'] as const
export type Role = (typeof ROLES)[number]

/** What a role may have besides. */
export const GRANTS = ['personal_data'] as const
export type Grant = (typeof GRANTS)[number]

/** What whoever has a link to an app's portal may do there. @see Svix's `AppPortalCapability` */
export const CAPABILITIES = [
  'ViewBase',
  'ViewEndpointSecret',
  'ManageEndpointSecret',
  'ManageTransformations',
  'CreateAttempts',
  'ManageEndpoint',
] as const
export type Capability = (typeof CAPABILITIES)[number]

/** Whoever has shown a token. */
export interface Actor {
  /** Of the token. */
  readonly id: string
  readonly name: string
  readonly role: Role
  readonly grants: readonly Grant[]
  /** Id of the one app of event webhooks that it may see: with the role `app`; null otherwise. */
  readonly app: string | null
  /** Of an app's token: what it may do; null for all that an app may. */
  readonly capabilities: readonly Capability[] | null
}

const WIDER: Partial<Record<Capability, readonly Capability[]>> = {
  ViewEndpointSecret: ['ManageEndpointSecret', 'ManageEndpoint'],
  ManageEndpointSecret: ['ManageEndpoint'],
}

/** Whether somebody has a capability, or one that holds it. */
export function isCapable({ capabilities }: Actor, asked: Capability): boolean {
  if (capabilities === null || capabilities.includes(asked)) return true
  return (WIDER[asked] ?? []).some((wider) => capabilities.includes(wider))
}

/** Rows, names and answers of customers: for those who make or run campaigns, and viewers who were granted it. */
export function mayReadPersonalData({ role, grants }: Actor): boolean {
  return role === 'admin' || role === 'editor' || role === 'operator' || grants.includes('personal_data')
}
