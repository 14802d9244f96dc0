/** Every statement of tokens, sessions and audit on the service's store, named by intent. */

export const insertToken = `
  INSERT INTO token (id, name, role, grants, app, session, capabilities, prefix, hash, made_at, made_by, expires_at)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`
export const deleteToken = `DELETE FROM token WHERE id = ?`
export const selectToken = `SELECT * FROM token WHERE id = ?`
export const selectTokenByHash = `SELECT * FROM token WHERE hash = ?`
export const selectAdministrator = `
  SELECT 1 FROM token
  WHERE role = 'admin' AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > ?) LIMIT 1`
/** The newest has the greatest id; the one of the environment comes first of all. */
export const selectTokens = `SELECT * FROM token WHERE ? IS NULL OR id < ? ORDER BY id DESC LIMIT ?`
export const revokeToken = `UPDATE token SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL`
/** All of an app, or those of some sessions (a JSON list). */
export const expireAppTokens = `
  UPDATE token SET expires_at = ?
  WHERE app = ? AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > ?)
    AND (? IS NULL OR session IN (SELECT value FROM json_each(?)))`
export const noteTokenUse = `UPDATE token SET used_at = ? WHERE id = ?`

export const insertSession = `INSERT INTO session (hash, token, begun_at, expires_at) VALUES (?, ?, ?, ?)`
export const selectSession = `SELECT token, begun_at FROM session WHERE hash = ? AND expires_at > ?`
export const deleteSession = `DELETE FROM session WHERE hash = ?`
export const deleteOldSessions = `DELETE FROM session WHERE expires_at <= ?`

export const insertAudit = `
  INSERT INTO audit (at, actor, actor_name, action, subject, detail) VALUES (?, ?, ?, ?, ?, ?)`
export const selectAudit = `SELECT * FROM audit WHERE ? IS NULL OR id < ? ORDER BY id DESC LIMIT ?`
export const selectAuditOf = `SELECT * FROM audit WHERE subject = ? ORDER BY id DESC LIMIT ?`
