import { ERROR_CODES, HookcastError, type ErrorCode } from '../errors.ts'
import type { Surroundings } from '../library/library.ts'
import { announcedIn } from './address-file.ts'
import { administratorToken } from './admin-token.ts'

/**
 * Asks the service of the data folder over its API; a GET without a body.
 *
 * @throws {HookcastError} what the service answers with; HOOKCAST_USAGE, when none says where it listens, or there is no token.
 */
export async function askService<T>(
  surroundings: Pick<Surroundings, 'env' | 'settings'>,
  path: string,
  body: object | null = null,
): Promise<T> {
  const { url, token } = serviceOf(surroundings)
  const headers = { Authorization: `Bearer ${token}` }
  const answer = await reach(
    `${url}${path}`,
    body === null
      ? { headers }
      : { method: 'POST', headers: { ...headers, 'Content-Type': 'application/json' }, body: JSON.stringify(body) },
  )
  const told = (await answer.json()) as T & { readonly code?: string; readonly detail?: string }
  if (answer.ok) return told
  throw new HookcastError(knownCode(told.code), told.detail ?? `The service answered ${answer.status}`)
}

/**
 * Says where the service of the data folder is, and who calls it.
 *
 * @throws {HookcastError} HOOKCAST_USAGE, when none says where it listens, or there is no token.
 */
export function serviceOf(surroundings: Pick<Surroundings, 'env' | 'settings'>): {
  readonly url: string
  readonly token: string
} {
  const { data } = surroundings.settings(null)
  const url = announcedIn(data)
  const token = administratorToken(surroundings.env)
  if (url === null) throw new HookcastError('HOOKCAST_USAGE', `No service runs on this data folder: ${data}`)
  if (token !== null) return { url, token }
  const message = `expected HOOKCAST_ADMIN_TOKEN to be set to a token of the service of this data folder, got nothing: ${data}`
  throw new HookcastError('HOOKCAST_USAGE', message)
}

/** @throws {HookcastError} HOOKCAST_USAGE, when nobody answers. */
export async function reach(url: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, init)
  } catch (cause) {
    throw new HookcastError('HOOKCAST_USAGE', `The service of this data folder cannot be reached: ${url}`, { cause })
  }
}

function knownCode(code: string | undefined): ErrorCode {
  return code !== undefined && code in ERROR_CODES ? (code as ErrorCode) : 'HOOKCAST_UNEXPECTED'
}
