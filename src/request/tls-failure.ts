import type { PeerCertificate } from 'node:tls'
import { CallFailure, connectFailure } from './failure.ts'
import type { Target } from './url.ts'

interface TlsError extends Error {
  readonly code?: string
  readonly syscall?: string
  /** Set by Node when the certificate names other hosts. */
  readonly cert?: { readonly subjectaltname?: string }
}

const UNTRUSTED = new Set([
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'CERT_UNTRUSTED',
])

/** Codes of OpenSSL 3.5 (Node 24) and of the versions around it, for a server below TLS 1.2. */
const TOO_OLD = new Set([
  'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION',
  'ERR_SSL_UNSUPPORTED_PROTOCOL',
  'ERR_SSL_WRONG_SSL_VERSION',
  'ERR_SSL_VERSION_TOO_LOW',
])

const NOT_TLS = new Set(['ERR_SSL_WRONG_VERSION_NUMBER', 'ERR_SSL_PACKET_LENGTH_TOO_LONG', 'ERR_SSL_HTTP_REQUEST'])

/** Names in a certificate are the server's text: they are cut, and odd characters dropped. */
function certificateNames(text: string | undefined): string {
  const names = (text ?? '').replaceAll(/DNS:|IP Address:/g, '').replaceAll(/[^\w.*:, -]/g, '')
  return names === '' ? 'no host' : names.slice(0, 120)
}

function phraseOf(error: TlsError, certificate: PeerCertificate | null): string {
  const { code = error.name } = error
  if (code === 'CERT_HAS_EXPIRED') {
    return `Certificate has expired${certificate === null ? '' : ` (valid until ${certificate.valid_to})`}`
  }
  if (code === 'CERT_NOT_YET_VALID') {
    return `Certificate is not valid yet${certificate === null ? '' : ` (valid from ${certificate.valid_from})`}`
  }
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    return `Certificate is for another host (${certificateNames(error.cert?.subjectaltname)})`
  }
  if (code === 'DEPTH_ZERO_SELF_SIGNED_CERT') return 'Certificate is signed by itself (trust it with tls.ca)'
  if (UNTRUSTED.has(code)) return 'Certificate is signed by an unknown authority (trust it with tls.ca)'
  if (TOO_OLD.has(code)) return 'Server speaks no TLS 1.2 or newer'
  if (NOT_TLS.has(code)) return 'Port does not speak TLS'
  if (code.endsWith('ALERT_HANDSHAKE_FAILURE'))
    return 'TLS handshake was refused (the server may want a client certificate)'
  return `TLS failed (${code})`
}

/**
 * Puts a failed TLS handshake into words.
 *
 * A connection that broke during the handshake is no TLS failure: TLS failures stop a webhook at once.
 */
export function tlsFailure(error: TlsError, target: Target, certificate: PeerCertificate | null): CallFailure {
  if (error.code === 'ECONNRESET') {
    const message = `Connection was closed during the TLS handshake: ${target.origin}`
    return new CallFailure('connect', message, { cause: error })
  }
  if (error.syscall !== undefined && error.code !== 'EPROTO') return connectFailure(error, target)
  return new CallFailure('tls', `${phraseOf(error, certificate)}: ${target.origin}`, { cause: error })
}
