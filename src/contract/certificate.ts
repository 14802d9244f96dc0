import type { LookupAddress } from 'node:dns'
import { isIP, type LookupFunction } from 'node:net'
import { connect, getCACertificates, type TLSSocket } from 'node:tls'
import type { Clock } from '../clock.ts'
import { isAddressAllowed, Resolver } from '../request/request.ts'
import type { Endpoint } from './endpoint.ts'

/** What a trusted certificate says about its time. */
export interface CertificateTimes {
  /** Epoch ms. */
  readonly validFrom: number
  readonly validUntil: number
}

const TIMEOUT_MS = 3_000

/**
 * Looks at the server's certificate over a connection of its own; null when there was none to be had.
 *
 * Calls have said before whether it is trusted. They cannot say until when: their connections are not shown.
 */
export async function readCertificate(endpoint: Endpoint, clock: Clock): Promise<CertificateTimes | null> {
  const { hostname, origin, network, ca } = endpoint
  const family = isIP(hostname)
  const addresses = family === 0 ? await resolve(hostname) : [{ address: hostname, family }]
  if (addresses.length === 0 || addresses.some(({ address }) => !isAddressAllowed(address, network))) return null
  const lookup: LookupFunction = (_name, options, callback) => {
    if (options.all === true) callback(null, [...addresses])
    else callback(null, addresses[0]?.address ?? '', addresses[0]?.family)
  }
  const socket = connect({
    host: hostname,
    port: Number(new URL(origin).port) || 443,
    lookup,
    servername: family === 0 ? hostname.replace(/\.$/, '') : '',
    ALPNProtocols: ['http/1.1'],
    minVersion: 'TLSv1.2',
    rejectUnauthorized: true,
    ...(ca === null ? {} : { ca: [...getCACertificates('default'), ca] }),
  })
  try {
    return await timesOf(socket, clock)
  } finally {
    socket.destroy()
  }
}

function timesOf(socket: TLSSocket, clock: Clock): Promise<CertificateTimes | null> {
  return new Promise((resolve) => {
    const cancel = clock.after(TIMEOUT_MS, () => resolve(null))
    const settle = (times: CertificateTimes | null): void => {
      cancel()
      resolve(times)
    }
    socket.on('error', () => settle(null))
    socket.once('close', () => settle(null))
    socket.once('secureConnect', () => {
      const { valid_from: from, valid_to: until } = socket.getPeerCertificate()
      settle({ validFrom: Date.parse(from), validUntil: Date.parse(until) })
    })
  })
}

function resolve(hostname: string): Promise<readonly LookupAddress[]> {
  return new Promise((resolve) => {
    new Resolver().resolve(hostname, (error, addresses) => resolve(error === null ? addresses : []))
  })
}
