/** A line of the spool, its line break included: what a slice may hold at the very least. */
export const LINE_BYTES_LIMIT = 1_048_576

/** A row's JSON text: 4 KiB below the line's limit, so that an envelope around the row still fits. */
export const ROW_BYTES_LIMIT = LINE_BYTES_LIMIT - 4096

/** Characters of a message kept with a bad row: many cells of one row may be wrong, and the envelope has its 4 KiB. */
export const MESSAGE_LIMIT = 600

/** Columns of a CSV file, or keys of one JSON object: 10,000 are a matrix laid on its side, not a customer. */
export const KEY_LIMIT = 2000

/** JSON objects and arrays inside one another; a template that goes deeper has not been seen. */
export const DEPTH_LIMIT = 64

/** Physical lines of one CSV record: a quote that is never closed must not hold the rest of the file in memory. */
export const RECORD_LINES_LIMIT = 10_000

export const CUSTOMER_ID_LIMIT = 512

/** What a source is read in: small enough that the event loop is never held for more than a few milliseconds. */
export const CHUNK_BYTES = 262_144

/** The first of a file: with `--stream` calls begin once it was read. */
export const FIRST_CHUNK_BYTES = 32_768

export const TOO_LONG = 'expected the row to be at most 1 MiB, got a longer one'
