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

/**
 * Makes one stream of bytes of them, as standard input would bring it.
 *
 * Not `Readable.from`: that waits for the row that is being made before it ends, and one that never comes would keep a
 * run from being stopped.
 */
export function audienceStreamFrom(rows: AudienceRows): AudienceStream {
  const iterator = Symbol.asyncIterator in rows ? rows[Symbol.asyncIterator]() : rows[Symbol.iterator]()
  let failure: { readonly error: unknown } | null = null
  let isPulling = false
  const pull = async (): Promise<void> => {
    isPulling = true
    try {
      for (let hasRoom = true; hasRoom && !stream.destroyed;) {
        const { value, done } = await iterator.next()
        hasRoom = stream.push(done === true ? null : bytesOf(value)) && done !== true
      }
    } catch (error) {
      failure = { error }
      stream.destroy(error instanceof Error ? error : new Error(String(error)))
    }
    isPulling = false
  }
  const leave = async (): Promise<void> => {
    try {
      await iterator.return?.()
    } catch {
      // The stream has ended already: there is nobody to tell.
    }
  }
  const stream = new Readable({
    read: () => void (isPulling ? null : pull()),
    destroy: (error, done) => {
      void leave()
      done(error)
    },
  })
  return { stream, failure: () => failure }
}

function bytesOf(part: AudiencePart): string | Uint8Array {
  return typeof part === 'string' || part instanceof Uint8Array ? part : `${JSON.stringify(part)}\n`
}
