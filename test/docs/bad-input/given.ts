import type { TlsOptions } from 'node:tls'
import type { Authority } from '../../support/certificates.ts'
import type { Reply } from '../../support/receiver.ts'

/** A wrong or odd input: a row of docs/errors.md, where stands what is told of it. */
export interface GivenInput {
  /** The bad inputs of the specification that it covers, by their numbers. */
  readonly rows: readonly number[]
  /** As the page says it. */
  readonly what: string
  /** What becomes of it. */
  readonly end: End
  /** Said on the page where nothing is told. */
  readonly note?: string
}

/**
 * - `refused`: nothing is sent, exit code 2
 * - `failed`: that customer ends `failed`, all others go on
 * - `stopped`: the chunk or the webhook stops
 * - `warned`: a warning, and the run goes on
 * - `sent`: it is no mistake
 */
export type End = 'refused' | 'failed' | 'stopped' | 'warned' | 'sent'

/** Files beside the campaign; a function makes what is too long to be written down. */
export type Files = Readonly<Record<string, string | Uint8Array | ((path: string) => void)>>

/** Whose certificates a receiver may show: one that the campaign trusts (`tls.ca`), and another. */
export interface Authorities {
  readonly known: Authority
  readonly stranger: Authority
}

/** Looked at before anything is sent. */
export interface CheckedInput extends GivenInput {
  readonly end: 'refused' | 'warned' | 'sent'
  readonly campaign?: string
  readonly top?: string
  readonly webhook?: string
  readonly audience?: string
  readonly files?: Files
  readonly env?: Readonly<Record<string, string>>
}

/** Comes up while a run goes on. */
export interface MetInput extends GivenInput {
  readonly end: 'failed' | 'stopped' | 'sent'
  readonly webhook?: string
  readonly body?: string
  /** Columns of the customer who meets it. */
  readonly row?: Readonly<Record<string, unknown>>
  /** Customers who meet it; default: one. */
  readonly customers?: number
  readonly reply?: Reply
  /** The receiver speaks plain HTTP, and is called by https. */
  readonly callsHttps?: boolean
  readonly tls?: (authorities: Authorities) => TlsOptions
}
