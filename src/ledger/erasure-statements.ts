/** Every statement that erases customers from a ledger, named by intent. */

export const eraseResult = `
  UPDATE result SET customer_id = ?, properties = NULL, error_code = NULL, result_code = NULL, result_status = NULL, message = NULL
  WHERE chunk = ? AND seq = ?`
export const eraseWaiting = `
  UPDATE waiting SET customer_id = ?, digest = NULL, message = NULL WHERE seq = ?`
export const selectSampleBodies = `SELECT body FROM sample WHERE seq = ?`
export const selectSampleWith = `SELECT 1 FROM sample WHERE body = ? LIMIT 1`
export const deleteSamples = `DELETE FROM sample WHERE seq = ?`
/** Also those of answers that later ones took the place of. */
export const deleteUnusedTexts = `
  DELETE FROM text WHERE id NOT IN (
    SELECT error_code FROM result WHERE error_code IS NOT NULL
    UNION SELECT result_code FROM result WHERE result_code IS NOT NULL
    UNION SELECT result_status FROM result WHERE result_status IS NOT NULL
    UNION SELECT message FROM result WHERE message IS NOT NULL
    UNION SELECT code FROM waiting WHERE code IS NOT NULL
    UNION SELECT message FROM waiting WHERE message IS NOT NULL
  )`
export const selectTexts = `SELECT id, value AS text FROM text`
export const updateText = `UPDATE text SET value = ? WHERE id = ?`
export const selectSamples = `SELECT id, body AS text FROM sample`
export const updateSample = `UPDATE sample SET body = ? WHERE id = ?`
export const selectStopTexts = `SELECT id, message, samples FROM stop`
export const updateStop = `UPDATE stop SET message = ?, samples = ? WHERE id = ?`
