/** Every statement that erases customers from a ledger, named by intent. */

export const eraseResult = `
  UPDATE result SET customer_id = ?, properties = NULL, error_code = NULL, result_code = NULL, result_status = NULL, message = NULL
  WHERE chunk = ? AND seq = ?`
export const eraseWaiting = `UPDATE waiting SET customer_id = ?, message = NULL, error_code = NULL WHERE seq = ?`
/**
 * The next attempt of a batch goes out without the customer. Where the receiver may have the last one, its digest stays: other
 * bytes under a key that was perhaps accepted are not sent, and the others end `failed`, `changed`.
 */
export const forgetDigest = `
  UPDATE waiting SET digest = NULL WHERE seq <= ?1 AND seq > ?1 - 1000 AND seq + count > ?1 AND (doubt_at IS NULL OR count = 1)`
/** A delivery of many customers is told by one of them, not always the first. */
/**
 * Whether somebody without a result is in a request that may have arrived: lent and never reported on, or waiting in doubt.
 * What waits has a row of its own, of up to 1000 places.
 */
export const selectIsInDoubt = `
  WITH place (chunk, seq) AS (VALUES (?, ?)),
    waits AS (SELECT is_lent, doubt_at FROM waiting, place WHERE waiting.seq BETWEEN place.seq - 999 AND place.seq AND waiting.seq + count > place.seq)
  SELECT 1 FROM place
  WHERE NOT EXISTS (SELECT 1 FROM result WHERE result.chunk = place.chunk AND result.seq = place.seq)
    AND (EXISTS (SELECT 1 FROM waits WHERE is_lent = 1 OR doubt_at IS NOT NULL)
      OR NOT EXISTS (SELECT 1 FROM waits)
        AND EXISTS (SELECT 1 FROM lent WHERE first_seq <= place.seq AND first_seq + count > place.seq))`
export const selectWaitingNames = `SELECT seq, customer_id FROM waiting WHERE customer_id IS NOT NULL`
export const renameWaiting = `UPDATE waiting SET customer_id = ? WHERE seq = ?`
/** Columns of tables with results that hold ids of \`text\`. */
export const selectTextColumns = `
  SELECT tables.name AS "table", columns.name AS "column"
  FROM sqlite_schema AS tables, pragma_table_info(tables.name) AS columns
  WHERE tables.type = 'table' AND columns.type = 'INTEGER'
    AND columns.name IN ('code', 'message', 'error_code', 'result_code', 'result_status')`
export const selectSampleBodies = `SELECT body FROM sample WHERE seq = ?`
export const selectSampleWith = `SELECT 1 FROM sample WHERE body = ? LIMIT 1`
export const deleteSamples = `DELETE FROM sample WHERE seq = ?`
/** Also those of answers that later ones took the place of. */
export function deleteTextsNotIn(columns: readonly { readonly table: string; readonly column: string }[]): string {
  const used = columns.map(({ table, column }) => `SELECT ${column} FROM ${table} WHERE ${column} IS NOT NULL`)
  return `DELETE FROM text WHERE id NOT IN (${used.join(' UNION ')})`
}
export const selectTexts = `SELECT id, value AS text FROM text`
export const updateText = `UPDATE text SET value = ? WHERE id = ?`
export const selectSamples = `SELECT id, body AS text FROM sample`
export const updateSample = `UPDATE sample SET body = ? WHERE id = ?`
export const selectStopTexts = `SELECT id, message, samples FROM stop`
export const updateStop = `UPDATE stop SET message = ?, samples = ? WHERE id = ?`
