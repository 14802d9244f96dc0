export { secretFrom, standardHeaders } from './standard-webhooks.ts'
