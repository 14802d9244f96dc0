import type { Row, Statements } from '../ledger/group-store.ts'
import type { Message } from './messages.ts'
import { parsedFrom } from './parsed-from.ts'
import { timeOfSeq } from './public-id.ts'

const insert = `
  INSERT INTO message (seq, app, id, event_id, event_type, channels, tags, headers, payload, deliver_at)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`
/** All but the payload. */
export const MESSAGE_COLUMNS = 'seq, app, id, event_id, event_type, channels, tags, headers, deliver_at'

/** Writes a message, and its payload byte for byte. */
export function insertMessage(store: Statements, message: Message, payload: Uint8Array): void {
  const { seq, app, id, eventId, eventType, channels, tags, headers, deliverAt } = message
  const hasHeaders = Object.keys(headers).length > 0
  const lists = [channels, tags].map((list) => (list.length === 0 ? null : JSON.stringify(list)))
  const sent = hasHeaders ? JSON.stringify(headers) : null
  store.run(insert, seq, app, id, eventId, eventType, ...lists, sent, payload, deliverAt)
}

export function messageFrom(row: Row): Message {
  const list = (name: string): readonly string[] => (parsedFrom(row[name]) ?? []) as string[]
  const seq = Number(row['seq'])
  return {
    seq,
    id: String(row['id']),
    app: Number(row['app']),
    eventId: row['event_id'] as string | null,
    eventType: String(row['event_type']),
    channels: list('channels'),
    tags: list('tags'),
    headers: (parsedFrom(row['headers']) ?? {}) as Record<string, string>,
    deliverAt: row['deliver_at'] as number | null,
    acceptedAt: timeOfSeq(seq),
  }
}
