import type { LookupAddress } from 'node:dns'
import { isIP } from 'node:net'
import type { LookupFunction } from 'node:net'

/** How every TLS connection is made, to receivers and to proxies. */
export const TLS_RULES = {
  ALPNProtocols: ['http/1.1'],
  minVersion: 'TLSv1.2',
  // Said out loud: without it NODE_TLS_REJECT_UNAUTHORIZED=0 in the environment would switch verification off.
  rejectUnauthorized: true,
} as const

/** The name that a certificate has to be for; addresses are none (RFC 6066 §3). */
export function serverName(hostname: string): string {
  return isIP(hostname) === 0 ? hostname.replace(/\.$/, '') : ''
}

/** Answers a socket's lookup with addresses that are known already. */
export function lookupFrom(addresses: readonly LookupAddress[]): LookupFunction {
  return (_hostname, options, callback) => {
    const [first] = addresses
    if (options.all === true) callback(null, [...addresses])
    else callback(null, first?.address ?? '', first?.family)
  }
}
