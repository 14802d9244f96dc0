/** Every statement that reads a ledger for people and programs, named by intent. */

export const selectOpenStops = `SELECT * FROM stop WHERE lifted_at IS NULL ORDER BY id`
export const selectStoppedChunks = `SELECT * FROM chunk WHERE is_stopped = 1 ORDER BY chunk`
export const selectChunkStart = `SELECT started_at FROM chunk WHERE chunk = ?`
export const countChunkFailures = `SELECT count(*) AS count FROM result WHERE chunk = ? AND status = 'failed'`

/** Rows of a lent range (chunk, first, past) that have an end or a place in line. */
export const countAccounted = `
  SELECT (SELECT count(*) FROM result WHERE chunk = ?1 AND seq >= ?2 AND seq < ?3)
       + (SELECT coalesce(sum(customers), 0) FROM waiting WHERE seq >= ?2 AND seq < ?3) AS count`

/** ?1: everything is stopped. ?2: a process works on the run, so that what is lent may still end otherwise. */
const isStopped = `(?1 OR chunk IN (SELECT chunk FROM chunk WHERE is_stopped = 1))`
const isInHands = `(?2 AND is_lent = 1)`
const hasBegun = `(attempt > 1 OR calls > 0 OR doubt_at IS NOT NULL)`

/** What waits for another call, and when the next of it is due. */
export const countWaiting = `
  SELECT coalesce(sum(customers), 0) AS count, min(CASE WHEN is_lent = 0 AND is_held = 0 THEN due_at END) AS next_due_at
  FROM waiting WHERE ${hasBegun} AND (${isInHands} OR NOT ${isStopped})`
/** Deliveries that come again and are in a sender's hands, or were when it died, of what is stopped. */
export const countStoppedLent = `
  SELECT chunk, sum(customers) AS count FROM waiting WHERE is_lent = 1 AND ${isStopped} GROUP BY chunk`
export const countStoppedInDoubt = `
  SELECT coalesce(sum(customers), 0) AS count
  FROM waiting WHERE ${isStopped} AND NOT ${isInHands} AND (doubt_at IS NOT NULL OR is_lent = 1)`

/** A batch may begin before the rows that are asked for. */
const MOST_IN_BATCH = 1000

const textOf = (column: string): string => `(SELECT value FROM text WHERE id = ${column}) AS ${column}`

/** Final rows of a range of (chunk, seq), of up to three statuses. */
export const selectResults = `
  SELECT chunk, seq, customer_id, status, reason, attempts, http_status, in_doubt, latency_ms, occurred_at, properties,
    (SELECT request_id FROM delivery WHERE id = result.delivery) AS request_id,
    (SELECT customers FROM delivery WHERE id = result.delivery) AS batch_size,
    ${['error_code', 'result_code', 'result_status', 'message'].map(textOf).join(', ')}
  FROM result
  WHERE (chunk, seq) >= (?, ?) AND (chunk, seq) < (?, ?) AND status IN (?, ?, ?)
  ORDER BY chunk, seq`
export const selectEndedSeqs = `SELECT seq FROM result WHERE (chunk, seq) >= (?, ?) AND (chunk, seq) < (?, ?)`
export const selectWaiting = `
  SELECT seq, chunk, attempt, due_at, is_lent, doubt_at, restarts, digest, calls, http_status, customer_id,
    count, customers, root, path, is_held, ${['code', 'message', 'error_code'].map(textOf).join(', ')}
  FROM waiting WHERE seq > ? - ${MOST_IN_BATCH} AND seq < ?`

export const selectSamples = `SELECT attempt, http_status, code, body FROM sample WHERE seq = ? ORDER BY id`
/** Failed customers told apart by what the receiver said, the most frequent first. Joined by id first: that is cheap for a million. */
export const selectFailureGroups = `
  SELECT reason, http_status, (SELECT value FROM text WHERE id = error_code) AS error_code,
    (SELECT value FROM text WHERE id = message) AS message, count
  FROM (
    SELECT reason, http_status, error_code, message, count(*) AS count FROM result WHERE status = 'failed'
    GROUP BY reason, http_status, error_code, message ORDER BY count DESC LIMIT ?
  )`
export const countLent = `
  SELECT (SELECT count(*) FROM lent) + (SELECT count(*) FROM waiting WHERE is_lent = 1) AS count`
export const selectIntervalTable = `SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'interval'`

export const selectReplayOf = `SELECT replay_of, state FROM run`
export const selectSentSeqs = `SELECT seq FROM result WHERE status = 'sent' ORDER BY seq`
