/**
 * The tables of `service.db`. Migrations are numbered by their place in this list (`PRAGMA user_version`) and never
 * edited after release.
 *
 * - `campaign_version`: what a campaign's files said, each time they changed; at most one version of a campaign is active.
 * - `activation`: who made a version active, and who ended that, for good.
 * - `firing`: one row for each instant of a schedule, written before its run begins: never twice, also over a restart. A row
 *   that is `starting` after a restart has no run yet unless there is a ledger of its `run_id`.
 * - `inbox`: event triggers in the order of their acceptance, until every campaign they concern has them in a run.
 * - `seen`: ids of triggers, for as long as they are accepted only once.
 * - `listener`: which triggers of the inbox belong to which version of a campaign: those of its type behind `from_seq`, and,
 *   once another version has taken its place or none, up to `to_seq`. How far a listener really has come is in the ledger
 *   of its newest run; `from_seq` is never ahead of that, and moves now and then.
 * - `hold`: campaigns that an event run's stop keeps from sending, until they are released.
 * - `answer`: what POSTs with an `Idempotency-Key` were answered.
 * - `token`: SHA-256 of what was shown once. A token has 256 random bits: a slow hash would protect nothing.
 * - `session`: SHA-256 of what the browser of somebody has who showed a token.
 * - `audit`: who did what; nothing is ever changed in it.
 * - `active_run`: runs that the service has begun and not ended: what it goes on with when it starts again.
 * - `notice`: outgoing notices, until they were delivered or given up.
 */
export const SERVICE_MIGRATIONS: readonly string[] = [
  `
CREATE TABLE campaign_version (
  campaign TEXT NOT NULL,
  version INTEGER NOT NULL CHECK (version > 0),
  digest TEXT NOT NULL,
  snapshot TEXT NOT NULL,
  made_at INTEGER NOT NULL,
  is_active INTEGER NOT NULL DEFAULT 0 CHECK (is_active IN (0, 1)),
  PRIMARY KEY (campaign, version),
  UNIQUE (campaign, digest)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX one_active_version ON campaign_version (campaign) WHERE is_active = 1;

CREATE TABLE activation (
  id INTEGER PRIMARY KEY,
  campaign TEXT NOT NULL,
  version INTEGER NOT NULL,
  activated_at INTEGER NOT NULL,
  activated_by TEXT NOT NULL,
  deactivated_at INTEGER,
  deactivated_by TEXT
) STRICT;
CREATE UNIQUE INDEX one_activation ON activation (campaign) WHERE deactivated_at IS NULL;

CREATE TABLE firing (
  campaign TEXT NOT NULL,
  due_at INTEGER NOT NULL,
  version INTEGER NOT NULL,
  state TEXT NOT NULL CHECK (
    state IN ('queued', 'starting', 'started', 'missed', 'overlapped', 'unchanged', 'refused')),
  run_id TEXT,
  audience TEXT,
  message TEXT,
  recorded_at INTEGER NOT NULL,
  PRIMARY KEY (campaign, due_at)
) STRICT, WITHOUT ROWID;

CREATE TABLE inbox (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  trigger_id TEXT NOT NULL,
  type TEXT NOT NULL,
  body TEXT NOT NULL,
  occurred_at INTEGER NOT NULL,
  accepted_at INTEGER NOT NULL
) STRICT;
CREATE INDEX inbox_by_type ON inbox (type, seq);

CREATE TABLE seen (trigger_id TEXT PRIMARY KEY, accepted_at INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE INDEX seen_by_age ON seen (accepted_at);

CREATE TABLE listener (
  id INTEGER PRIMARY KEY,
  campaign TEXT NOT NULL,
  version INTEGER NOT NULL,
  type TEXT NOT NULL,
  from_seq INTEGER NOT NULL,
  to_seq INTEGER
) STRICT;
CREATE UNIQUE INDEX one_open_listener ON listener (campaign) WHERE to_seq IS NULL;
CREATE INDEX listener_by_type ON listener (type);

CREATE TABLE hold (
  id INTEGER PRIMARY KEY,
  campaign TEXT NOT NULL,
  run_id TEXT,
  rule TEXT NOT NULL,
  message TEXT NOT NULL,
  held_at INTEGER NOT NULL,
  released_at INTEGER,
  released_by TEXT,
  is_discarded INTEGER NOT NULL DEFAULT 0 CHECK (is_discarded IN (0, 1))
) STRICT;
CREATE UNIQUE INDEX one_hold ON hold (campaign) WHERE released_at IS NULL;

CREATE TABLE answer (
  token TEXT NOT NULL,
  key TEXT NOT NULL,
  request TEXT NOT NULL,
  status INTEGER,
  location TEXT,
  body TEXT,
  made_at INTEGER NOT NULL,
  PRIMARY KEY (token, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX answer_by_age ON answer (made_at);

CREATE TABLE token (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  role TEXT NOT NULL CHECK (role IN ('admin', 'editor', 'operator', 'viewer', 'app')),
  grants TEXT NOT NULL,
  prefix TEXT NOT NULL,
  hash BLOB NOT NULL UNIQUE,
  made_at INTEGER NOT NULL,
  made_by TEXT,
  expires_at INTEGER,
  revoked_at INTEGER,
  used_at INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE audit (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  at INTEGER NOT NULL,
  actor TEXT NOT NULL,
  actor_name TEXT NOT NULL,
  action TEXT NOT NULL,
  subject TEXT,
  detail TEXT
) STRICT;

CREATE TABLE active_run (run_id TEXT PRIMARY KEY, begun_at INTEGER NOT NULL) STRICT, WITHOUT ROWID;

CREATE TABLE notice (
  id TEXT PRIMARY KEY,
  type TEXT NOT NULL,
  body TEXT NOT NULL,
  made_at INTEGER NOT NULL,
  attempt INTEGER NOT NULL DEFAULT 0 CHECK (attempt >= 0),
  due_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX notice_by_due ON notice (due_at);
`,
  `ALTER TABLE token ADD COLUMN app TEXT;`,
  `
ALTER TABLE token ADD COLUMN session TEXT;
ALTER TABLE token ADD COLUMN capabilities TEXT;
CREATE INDEX token_by_app ON token (app) WHERE app IS NOT NULL;
`,
  `
CREATE TABLE session (
  hash BLOB PRIMARY KEY,
  token TEXT NOT NULL,
  begun_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX session_by_end ON session (expires_at);
CREATE INDEX audit_by_subject ON audit (subject, id) WHERE subject IS NOT NULL;
`,
]

/** `hold.rule` of a campaign in a restored data folder: it stays on hold over restarts until somebody releases it. */
export const RESTORED = 'restored'

/** In a data folder that is being restored: what lies beside it is half of what there will be. */
export const RESTORING = 'restoring'
