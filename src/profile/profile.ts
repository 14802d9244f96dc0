/** The wire formats of event webhooks: what a vendor's receivers expect, as data, and the function that makes a request of it. */
export { PROFILES } from './built-in.ts'
export type { Profile } from './definition.ts'
export { checkSecret, createSecret } from './secret.ts'
export { signRequest } from './sign-request.ts'
export { secretFrom, standardHeaders } from './standard-webhooks.ts'
export { verifyStandard } from './verify-standard.ts'
