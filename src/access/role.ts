/** What somebody is on a service. `app` is for the portal of event webhooks, and reaches nothing of campaigns. */
export const ROLES = ['admin', 'editor', 'operator', 'viewer', 'app'] as const
export type Role = (typeof ROLES)[number]

/** What a role may have besides. */
export const GRANTS = ['personal_data'] as const
export type Grant = (typeof GRANTS)[number]

/** Whoever has shown a token. */
export interface Actor {
  /** Of the token. */
  readonly id: string
  readonly name: string
  readonly role: Role
  readonly grants: readonly Grant[]
  /** Id of the one app of event webhooks that it may see: with the role `app`; null otherwise. */
  readonly app: string | null
}

/** Rows, names and answers of customers: for those who make or run campaigns, and viewers who were granted it. */
export function mayReadPersonalData({ role, grants }: Actor): boolean {
  return role === 'admin' || role === 'editor' || role === 'operator' || grants.includes('personal_data')
}
