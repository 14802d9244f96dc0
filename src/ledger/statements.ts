/** Every statement that the ledger's writer runs, named by intent. */

export const insertRun = `
  INSERT INTO run (id, run_id, campaign, state, created_at, replay_of, customers, is_audience_complete, chunk_size, batch_size, numbers,
    event_version, event_day, event_position)
  VALUES (1, ?, ?, 'running', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`
export const selectRun = `SELECT * FROM run`
export const updateNumbers = `UPDATE run SET numbers = ?`
export const updateAudience = `UPDATE run SET customers = ?, is_audience_complete = ?`
export const updatePosition = `UPDATE run SET event_position = ?`
export const updateState = `UPDATE run SET state = ?, finished_at = ?`
export const markStarted = `UPDATE run SET started_at = coalesce(started_at, ?)`
export const markResumed = `UPDATE run SET resumed = resumed + 1, state = 'running', finished_at = NULL`

export const insertChunk = `INSERT INTO chunk (chunk, started_at, next_seq) VALUES (?, ?, ?)`
export const advanceChunk = `UPDATE chunk SET next_seq = ? WHERE chunk = ?`
export const selectChunks = `SELECT * FROM chunk ORDER BY chunk`
export const addEnded = `UPDATE chunk SET ended = ended + ? WHERE chunk = ?`
export const stopChunk = `UPDATE chunk SET is_stopped = 1 WHERE chunk = ?`
export const restartChunks = `UPDATE chunk SET is_stopped = 0 WHERE is_stopped = 1`

export const insertStop = `
  INSERT INTO stop (rule, scope, chunk, http_status, stopped_at, message, samples) VALUES (?, ?, ?, ?, ?, ?, ?)`
export const selectWebhookStop = `SELECT 1 FROM stop WHERE scope = 'webhook' AND lifted_at IS NULL LIMIT 1`
export const liftStops = `UPDATE stop SET lifted_at = ? WHERE lifted_at IS NULL`

export const insertLent = `INSERT INTO lent (slice, chunk, first_seq, count, lent_at) VALUES (?, ?, ?, ?, ?)`
export const deleteLent = `DELETE FROM lent WHERE slice = ?`
export const selectLent = `SELECT * FROM lent ORDER BY first_seq`
export const selectUnaccounted = `
  WITH RECURSIVE range (seq, past) AS (
    SELECT ?, ? UNION ALL SELECT seq + 1, past FROM range WHERE seq + 1 < past
  )
  SELECT range.seq FROM range
  WHERE NOT EXISTS (SELECT 1 FROM result WHERE result.chunk = ?3 AND result.seq = range.seq)
    AND NOT EXISTS (SELECT 1 FROM waiting WHERE waiting.seq = range.seq)
  ORDER BY range.seq`

export const putWaiting = `
  INSERT INTO waiting (seq, chunk, attempt, due_at, is_lent, doubt_at, restarts, digest, calls, http_status, code, message, customer_id,
    count, customers, root, path, is_held, error_code)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT (seq) DO UPDATE SET
    attempt = excluded.attempt, due_at = excluded.due_at, is_lent = excluded.is_lent, doubt_at = excluded.doubt_at,
    restarts = excluded.restarts, digest = excluded.digest, calls = excluded.calls, http_status = excluded.http_status,
    code = excluded.code, message = excluded.message, customer_id = excluded.customer_id, count = excluded.count,
    customers = excluded.customers, root = excluded.root, path = excluded.path, is_held = excluded.is_held,
    error_code = excluded.error_code`
export const deleteWaiting = `DELETE FROM waiting WHERE seq = ?`
const waitingColumns = `
  waiting.seq, waiting.chunk, attempt, due_at, is_lent, doubt_at, restarts, digest, calls, http_status, customer_id,
  count, customers, root, path, is_held, (SELECT value FROM text WHERE id = waiting.error_code) AS error_code,
  (SELECT value FROM text WHERE id = waiting.code) AS code, (SELECT value FROM text WHERE id = waiting.message) AS message`
export const selectWaitingRow = `SELECT ${waitingColumns} FROM waiting WHERE seq = ?`
export const selectLentWaiting = `SELECT ${waitingColumns} FROM waiting WHERE is_lent = 1 ORDER BY seq`
export const selectDue = `
  SELECT ${waitingColumns} FROM waiting
  WHERE is_lent = 0 AND is_held = 0 AND due_at <= ? AND restarts <= ? AND chunk NOT IN (SELECT chunk FROM chunk WHERE is_stopped = 1)
  ORDER BY due_at, waiting.seq LIMIT ?`
export const selectHalves = `SELECT ${waitingColumns} FROM waiting WHERE path <> '' ORDER BY seq`
export const capWaiting = `UPDATE waiting SET due_at = ?1 WHERE due_at > ?1`
export const markWaitingLent = `UPDATE waiting SET is_lent = 1 WHERE seq = ?`
export const selectNextDue = `
  SELECT due_at FROM waiting
  WHERE is_lent = 0 AND is_held = 0 AND restarts <= ? AND chunk NOT IN (SELECT chunk FROM chunk WHERE is_stopped = 1)
  ORDER BY due_at LIMIT 1`

/** For so many rows at a time. */
export const insertResults = (rows: number): string => `
  INSERT INTO result (chunk, seq, customer_id, status, reason, attempts, http_status, error_code, result_code, result_status, message, in_doubt, latency_ms, occurred_at, properties, delivery)
  VALUES ${Array.from({ length: rows }, () => '(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)').join(', ')}`
export const insertDelivery = `INSERT INTO delivery (request_id, customers) VALUES (?, ?) RETURNING id`
export const selectEndedSeqs = `SELECT seq FROM result WHERE chunk = ? AND seq >= ? AND seq < ? ORDER BY seq`
/** Whether nothing is written about any row of a range (chunk, first, past). */
export const selectUntouched = `
  SELECT NOT EXISTS (SELECT 1 FROM result WHERE chunk = ?1 AND seq >= ?2 AND seq < ?3)
     AND NOT EXISTS (SELECT 1 FROM waiting WHERE seq >= ?2 AND seq < ?3) AS is_untouched`
export const selectResultExists = `SELECT 1 FROM result WHERE chunk = ? AND seq = ?`
export const insertText = `INSERT INTO text (id, value) VALUES (?, ?)`
export const lastTextId = `SELECT max(id) AS id FROM text`
export const insertSample = `INSERT INTO sample (seq, attempt, http_status, code, body) VALUES (?, ?, ?, ?, ?)`
export const countSamples = `SELECT code, count(*) AS count FROM sample GROUP BY code`

export const putInterval = `
  INSERT OR REPLACE INTO interval (started_at, width_ms, calls, latency, in_flight, concurrency) VALUES (?, ?, ?, ?, ?, ?)`
export const deleteIntervals = `DELETE FROM interval`
export const selectIntervals = `SELECT * FROM interval ORDER BY started_at`

export const insertSender = `INSERT OR IGNORE INTO sender (pid, started) VALUES (?, ?)`
export const selectSenders = `SELECT pid, started FROM sender`
export const deleteSenders = `DELETE FROM sender`
export const createCustomerIndex = `CREATE INDEX IF NOT EXISTS result_by_customer ON result (customer_id)`
