/** The statements of messages that are gathered (lane 3), in the file of a day. */

/** Each endpoint once, by leaping: the messages of one are not read for it. */
export const selectGatheringEndpoints = `
  WITH RECURSIVE waiting (endpoint) AS (
    SELECT min(endpoint) FROM delivery WHERE due_at IS NOT NULL
    UNION ALL
    SELECT (SELECT min(endpoint) FROM delivery WHERE due_at IS NOT NULL AND endpoint > waiting.endpoint)
    FROM waiting WHERE endpoint IS NOT NULL
  )
  SELECT endpoint FROM waiting
  WHERE EXISTS (SELECT 1 FROM delivery d WHERE d.endpoint = waiting.endpoint AND d.lane = 3 AND d.due_at IS NOT NULL)`
export const selectSpan = `
  SELECT min(due_at) AS first_at, max(due_at) AS last_at FROM delivery
  WHERE endpoint = ? AND lane = 3 AND due_at IS NOT NULL`
export const selectFirst = `
  SELECT message, last FROM delivery
  WHERE endpoint = ? AND lane = 3 AND due_at <= ? ORDER BY due_at, message LIMIT 1`
/** By time is by place: a place in time is 1024 times its milliseconds. */
export const selectWaiting = `
  SELECT message, (SELECT payload FROM message WHERE seq = delivery.message) AS payload FROM delivery
  WHERE endpoint = ? AND lane = 3 AND due_at >= ? AND due_at <= ? AND message > ? ORDER BY due_at, message LIMIT ?`
export const beginGathered = `UPDATE delivery SET last = ? WHERE endpoint = ? AND message = ?`
export const closeGathered = `
  UPDATE delivery SET state = 5, due_at = NULL WHERE (endpoint, message) IN (
    SELECT endpoint, message FROM delivery
    WHERE endpoint = ? AND message > ? AND message <= ? AND lane = 3 AND due_at IS NOT NULL LIMIT ?)`
export const openGathered = `
  UPDATE delivery SET lane = ?, due_at = ? WHERE endpoint = ? AND message = ? AND lane = 3 AND due_at IS NOT NULL`
export const selectGathered = `
  SELECT message, (SELECT payload FROM message WHERE seq = delivery.message) AS payload FROM delivery
  WHERE endpoint = ? AND message > ? AND message <= ? AND (message = ? OR state = 5) ORDER BY message LIMIT ?`
