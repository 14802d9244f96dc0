/** Every statement of triggers on the service's store, named by intent. */

export const insertVersion = `
  INSERT INTO campaign_version (campaign, version, digest, snapshot, made_at) VALUES (?, ?, ?, ?, ?)`
export const selectVersion = `SELECT * FROM campaign_version WHERE campaign = ? AND version = ?`
export const selectVersionByDigest = `SELECT * FROM campaign_version WHERE campaign = ? AND digest = ?`
export const selectLastVersion = `SELECT max(version) AS version FROM campaign_version WHERE campaign = ?`
export const selectVersions = `SELECT * FROM campaign_version WHERE campaign = ? ORDER BY version DESC`
export const selectActiveVersions = `SELECT * FROM campaign_version WHERE is_active = 1 ORDER BY campaign`
export const selectActiveVersion = `SELECT * FROM campaign_version WHERE campaign = ? AND is_active = 1`
export const unmarkActive = `UPDATE campaign_version SET is_active = 0 WHERE campaign = ? AND is_active = 1`
export const markActive = `UPDATE campaign_version SET is_active = 1 WHERE campaign = ? AND version = ?`

export const insertActivation = `
  INSERT INTO activation (campaign, version, activated_at, activated_by) VALUES (?, ?, ?, ?)`
export const endActivation = `
  UPDATE activation SET deactivated_at = ?, deactivated_by = ? WHERE campaign = ? AND deactivated_at IS NULL`
export const selectActivations = `SELECT * FROM activation WHERE campaign = ? ORDER BY id DESC`
export const selectActivation = `SELECT * FROM activation WHERE campaign = ? AND deactivated_at IS NULL`

export const insertListener = `
  INSERT INTO listener (campaign, version, type, from_seq) VALUES (?, ?, ?, ?)`
export const selectCampaignsOfType = `SELECT DISTINCT campaign FROM listener WHERE type = ?`
export const selectOpenListener = `SELECT * FROM listener WHERE campaign = ? AND to_seq IS NULL`
export const selectIsListening = `SELECT 1 FROM listener WHERE type = ? AND to_seq IS NULL LIMIT 1`
export const closeListener = `UPDATE listener SET to_seq = ? WHERE campaign = ? AND to_seq IS NULL`

export const noteSeen = `
  INSERT INTO seen (trigger_id, accepted_at) VALUES (?, ?)
  ON CONFLICT (trigger_id) DO UPDATE SET accepted_at = excluded.accepted_at WHERE accepted_at <= ?`
export const forgetSeen = `
  DELETE FROM seen WHERE trigger_id IN (SELECT trigger_id FROM seen WHERE accepted_at <= ? LIMIT ?)`
export const insertTrigger = `
  INSERT INTO inbox (trigger_id, type, body, occurred_at, accepted_at) VALUES (?, ?, ?, ?, ?)`
/** Of all that ever were: rows that every campaign has are gone. */
export const selectLastSeq = `SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'inbox'), 0) AS seq`

export const selectListeners = `SELECT * FROM listener WHERE campaign = ? ORDER BY id`
export const selectListeningCampaigns = `SELECT DISTINCT campaign FROM listener ORDER BY campaign`
export const moveListener = `UPDATE listener SET from_seq = max(from_seq, ?) WHERE id = ?`
export const deleteListener = `DELETE FROM listener WHERE id = ?`
export const selectTriggers = `
  SELECT seq, body, occurred_at, accepted_at FROM inbox WHERE type = ? AND seq > ? AND seq <= ? ORDER BY seq LIMIT ?`
export const countTriggers = `SELECT count(*) AS count FROM inbox WHERE type = ? AND seq > ? AND seq <= ?`
export const pruneInbox = `
  DELETE FROM inbox WHERE seq IN (
    SELECT seq FROM inbox WHERE type = ?1 AND seq <= coalesce((SELECT min(from_seq) FROM listener WHERE type = ?1), 9e18)
    LIMIT ?2)`

export const insertHold = `
  INSERT INTO hold (campaign, run_id, rule, message, held_at) VALUES (?, ?, ?, ?, ?)
  ON CONFLICT (campaign) WHERE released_at IS NULL DO NOTHING`
export const selectHolds = `SELECT * FROM hold WHERE released_at IS NULL ORDER BY id`
export const selectLastHold = `SELECT * FROM hold WHERE campaign = ? ORDER BY id DESC LIMIT 1`
export const releaseHold = `
  UPDATE hold SET released_at = ?, released_by = ?, is_discarded = ? WHERE campaign = ? AND released_at IS NULL`

export const insertFiring = `
  INSERT INTO firing (campaign, due_at, version, state, run_id, audience, message, recorded_at)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (campaign, due_at) DO NOTHING`
export const updateFiring = `
  UPDATE firing SET version = ?, state = ?, run_id = ?, audience = ?, message = ? WHERE campaign = ? AND due_at = ?`
export const selectFirings = `
  SELECT * FROM firing WHERE campaign = ? AND (? IS NULL OR due_at < ?) ORDER BY due_at DESC LIMIT ?`
export const selectLastDue = `SELECT max(due_at) AS due_at FROM firing WHERE campaign = ?`
export const selectUnfinishedFirings = `
  SELECT * FROM firing WHERE state IN ('queued', 'starting') ORDER BY campaign, due_at`
export const selectLastStarted = `
  SELECT * FROM firing WHERE campaign = ? AND state IN ('starting', 'started') ORDER BY due_at DESC LIMIT 1`
export const selectFiringOf = `SELECT 1 FROM firing WHERE run_id = ? LIMIT 1`
export const selectQueued = `SELECT * FROM firing WHERE campaign = ? AND state = 'queued' ORDER BY due_at LIMIT 1`
