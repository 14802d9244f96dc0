import { Readable } from 'node:stream'

/** One customer, as one line of NDJSON would say it. */
export type AudienceRow = Readonly<Record<string, unknown>>

type AudiencePart = AudienceRow | string | Uint8Array

/**
 * Customers handed over by a program: rows as objects, or the text of a file in pieces (a `Readable`, a web stream).
 *
 * They are asked for as fast as they are written to the run's own copy on the disk, and no faster.
 */
export type AudienceRows = Iterable<AudiencePart> | AsyncIterable<AudiencePart>

export interface AudienceStream {
  readonly stream: Readable
  /** What the program's own iterable has thrown; null while it has not. */
  failure(): { readonly error: unknown } | null
}

/** Makes one stream of bytes of them, as standard input would bring it. */
export function audienceStreamFrom(rows: AudienceRows): AudienceStream {
  let failure: { readonly error: unknown } | null = null
  async function* bytes(): AsyncGenerator<string | Uint8Array> {
    try {
      for await (const part of rows) {
        yield typeof part === 'string' || part instanceof Uint8Array ? part : `${JSON.stringify(part)}\n`
      }
    } catch (error) {
      failure = { error }
      throw error
    }
  }
  return { stream: Readable.from(bytes(), { objectMode: false }), failure: () => failure }
}
