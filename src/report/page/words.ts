import { STATUS_CODES } from 'node:http'
import type { FailedReason } from '../../campaign/result.ts'

const REASONS: Readonly<Record<FailedReason, string>> = {
  refused: 'The receiver took the request and said no to this customer.',
  client_error: 'A 4xx: the receiver could not accept the request. It stops the chunk.',
  hard_stop: 'A 4xx that says the address or the request is wrong for everyone. It stops the run.',
  conflict: 'A 409 to a retry: the receiver says that it has a request with this key.',
  exhausted: 'Every try got an answer that asks to try again; no retry is left.',
  timeout: 'No complete answer came in time; no retry is left. The receiver may have it.',
  connect: 'No connection could be made; no retry is left.',
  reset: 'The connection broke; no retry is left. The receiver may have it.',
  dns: 'The name of the receiver could not be found; no retry is left.',
  tls: 'No secure connection: the certificate is not trusted, has expired, or is of another host.',
  redirect: 'The receiver answered with a redirect, which is not followed.',
  invalid_response: 'The answer was not HTTP, or broken; no retry is left. The receiver may have it.',
  blocked: 'The address is one that may not be called.',
  proxy: 'The proxy on the way out refused the call.',
  render: 'The template could not be rendered for this customer. Nothing was sent.',
  row: 'The row of this customer cannot be read. Nothing was sent.',
  crash: 'A process of ours died over it each time.',
  changed: 'A retry would have been another request than the first, so it was not sent.',
  unknown: 'It may have arrived, and is not repeated.',
}

export function reasonText(reason: string): string {
  return Object.hasOwn(REASONS, reason) ? REASONS[reason as FailedReason] : ''
}

const WITHOUT_ANSWER: Readonly<Record<string, string>> = {
  timeout: 'no complete answer in time',
  connect: 'no connection',
  reset: 'the connection broke',
  tls: 'no secure connection',
  dns: 'name not found',
  invalid_response: 'not HTTP, or broken',
  blocked: 'an address that may not be called',
  proxy: 'refused by the proxy',
}

/** What an entry of the report's `codes` says in words. */
export function codeText(code: string): string {
  return STATUS_CODES[code] ?? WITHOUT_ANSWER[code] ?? ''
}
