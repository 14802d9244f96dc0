import { CUSTOMER_ID_COLUMNS } from './customer-id.ts'

/** A customer's data as templates see it. */
export type CustomerRow = Readonly<Record<string, unknown>>

/** What is known about a row before anything is rendered: its result. */
export type RowVerdict =
  | {
      readonly status: 'suppressed'
      readonly reason: 'duplicate' | 'consent' | 'excluded' | 'erased'
      readonly message: string | null
      /** Erased while nobody knew whether the request that it is in had arrived: that request can't be made again. */
      readonly isInDoubt?: true
    }
  | { readonly status: 'failed'; readonly reason: 'row'; readonly message: string }

/** What a replay keeps of the request that an earlier run may have sent: the same key, and what the same bytes need. */
export interface KeptRequest {
  readonly request_id: string
  readonly run_id: string
  readonly chunk: number
  /** When the chunk started in the earlier run, epoch ms: what `time` was in its templates. */
  readonly time: number
  /** Set when the request was a batch: where in it the customer stood (from 0), and how many were in the request, null when that is not known. */
  readonly batch?: { readonly place: number; readonly customers: number | null }
}

/** What brought a customer into a run of events. */
export interface SpooledEvent {
  /** Epoch ms: what its age is counted from. */
  readonly occurred_at: number
  /** Epoch ms: when this customer's chunk of one began, which is `time` in its templates. */
  readonly accepted_at: number
  /** What templates see as `event`, as JSON: a text within the line's own JSON, so that no key of it is taken for one of the line. */
  readonly text: string
}

export interface SpoolRow {
  /** Null for a row that could not be read. */
  readonly row: CustomerRow | null
  /** 1-based number in the audience; null for a row in its own place: `seq + 1`. */
  readonly number: number | null
  readonly verdict: RowVerdict | null
  readonly kept: KeptRequest | null
  readonly event: SpooledEvent | null
}

interface Envelope {
  readonly row: CustomerRow | null
  readonly number: number
  readonly verdict?: RowVerdict
  readonly kept?: KeptRequest
  readonly event?: SpooledEvent
}

const MARK = '!'
const ROW_KEY = ',"row":'
/** An ordinary row carries nothing but its data. */
const PLAIN = { number: null, verdict: null, kept: null, event: null } as const

/**
 * Reads one line of the spool (with or without its line break).
 *
 * Shape: an ordinary row is its JSON object; a row that carries more than its data is `!` and an envelope.
 * @throws {SyntaxError} when the line is neither, which only a damaged spool holds.
 */
export function parseSpoolLine(line: string | Uint8Array): SpoolRow {
  const text = typeof line === 'string' ? line : asBuffer(line).toString('utf8')
  if (!text.startsWith(MARK)) return { ...PLAIN, row: JSON.parse(text) as CustomerRow }
  const { row, number, verdict, kept, event } = JSON.parse(text.slice(1)) as Envelope
  return { row, number, verdict: verdict ?? null, kept: kept ?? null, event: event ?? null }
}

/** Puts a row's JSON text, as it is, into an envelope line (without line break). */
export function formatEnvelope(envelope: {
  readonly row: string | null
  readonly number: number
  readonly verdict?: RowVerdict | null
  readonly kept?: KeptRequest | null
  readonly event?: SpooledEvent | null
}): string {
  const { row, number, ...parts } = envelope
  const { verdict, kept, event } = parts
  const more = Object.entries({ verdict, kept, event })
    .map(([name, part]) => (part ? `,"${name}":${JSON.stringify(part)}` : ''))
    .join('')
  return `${MARK}{"number":${number}${more}${ROW_KEY}${row}}`
}

/** The line (without line break) that is left of an erased customer: nothing but a pseudonym where the id was, so that all else finds it there. */
export function formatErased(row: {
  readonly column: string | null
  readonly pseudonym: string
  readonly number: number
  readonly kept?: KeptRequest | null
  readonly isInDoubt?: boolean
}): string {
  const { column, pseudonym, number, kept, isInDoubt } = row
  const left = JSON.stringify({ [column ?? CUSTOMER_ID_COLUMNS[0]]: pseudonym })
  // A request that is repeated may have arrived in the run before.
  const isDoubtful = isInDoubt === true || kept != null
  const doubt = isDoubtful
    ? { message: 'it may have been sent to before it was erased', isInDoubt: true as const }
    : { message: null }
  const verdict = { status: 'suppressed', reason: 'erased', ...doubt } as const
  return formatEnvelope({ row: left, number, verdict, kept: kept ?? null })
}

/**
 * Takes a spool line apart without touching the row's own text, which a request that is to be the same again is made from.
 *
 * An envelope's `row` comes last, and no text before it can hold `,"row":` with bare quotes.
 */
export function unwrapSpoolLine(line: Uint8Array): Omit<SpoolRow, 'row'> & { readonly row: string | null } {
  const text = asBuffer(line).toString('utf8')
  if (!text.startsWith(MARK)) return { ...PLAIN, row: text }
  const { row, ...rest } = parseSpoolLine(text)
  const start = text.indexOf(ROW_KEY) + ROW_KEY.length
  return { ...rest, row: row === null ? null : text.slice(start, -1) }
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
