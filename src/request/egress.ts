import { targetFromOrigin } from './url.ts'
import type { Target } from './url.ts'

/** The way out: from addresses of this machine in turn, or through a proxy. */
export type Egress =
  | { readonly kind: 'addresses'; readonly addresses: readonly string[] }
  | {
      readonly kind: 'proxy'
      /** `http://proxy:3128`; never with credentials. */
      readonly origin: string
      /** Value of `Proxy-Authorization`; goes to the proxy and nowhere else. */
      readonly authorization: string | null
    }

/** An egress as connections use it. */
export type Way =
  | { readonly kind: 'direct' }
  | Extract<Egress, { kind: 'addresses' }>
  | { readonly kind: 'proxy'; readonly proxy: Target; readonly authorization: string | null }

/** @throws {RangeError} when there is no address, or the proxy is not a bare `http(s)://host[:port]`. */
export function wayFrom(egress: Egress | null): Way {
  if (egress === null) return { kind: 'direct' }
  if (egress.kind === 'proxy') {
    return { kind: 'proxy', proxy: targetFromOrigin(egress.origin), authorization: egress.authorization }
  }
  if (egress.addresses.length === 0) throw new RangeError('expected `egress` to have an address, got none')
  return egress
}
